import { join } from 'node:path';
import { play } from '../../dev/fuzz';
import { createOwnDatabase } from '../support/own-database';
import { fromSetup, startApp } from '../support/services';
import { withTemporal } from '../support/stories';

/** A few plays of a fixed seed; `npm run fuzz` plays on. The reconciler is played with, too: hence all of its own. */
test('nothing that is sent to a workflow or given to the client does any harm', async () => {
  const database = await createOwnDatabase();
  const folder = fromSetup('STORYREEL_TEST_FOLDER');
  const app = await startApp({ DATABASE_URL: database.url, MEDIA_DIR: join(folder, 'fuzzed-media') });
  try {
    const { client, config } = app;
    const { TEMPORAL_TASK_QUEUE: taskQueue, TEMPORAL_NAMESPACE: namespace } = config;
    await withTemporal(config, (temporal) => play({ client, temporal, namespace, taskQueue }, { seed: 7, runs: 3 }));
  } finally {
    await app.close();
    await database.drop();
  }
});
