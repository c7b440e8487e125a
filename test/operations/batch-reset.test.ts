import type { BatchId } from '../../src/protocol';
import { batchOf, batchToEnd } from '../support/batches';
import { startApp, type TestApp } from '../support/services';
import { ownTopic, withTemporal } from '../support/stories';
import { StudioControl } from '../support/studio-control';
import { temporal } from '../support/temporal-command';
import { until } from '../support/until';

describe('When an operator resets a batch,', () => {
  const studio = new StudioControl();
  let app: TestApp;

  beforeAll(async () => void (app = await startApp()));
  afterAll(() => app.close());

  const batch = <T>(batchId: string, look: (handle: ReturnType<typeof batchOf>) => Promise<T>) =>
    withTemporal(app.config, (client) => look(batchOf(client, batchId as BatchId)));

  const reset = (batchId: string, type: string) =>
    temporal('workflow', 'reset', '--workflow-id', `batch-${batchId}`, '--type', type, '--reason', 'a test');

  test.each([
    ['while its stories run', 'LastWorkflowTask', true],
    ['after its end', 'LastWorkflowTask', false],
    ['after its end, to its beginning', 'FirstWorkflowTask', false],
  ])('%s, each story is made once, and the batch ends', async (_when, type, isRunning) => {
    const { mark } = ownTopic();
    const batchId = `reset-${mark}`;
    if (isRunning) await studio.misbehave(mark, 'chat', { hold: 1 }, 2);
    const projects = [1, 2, 3].map((n) => ({ topic: `fox ${mark} number ${n}.`, settings: { scenes: 1 } }));
    await app.client.batch(projects, { batchId, atMost: 2, stages: ['rewrite'] });
    if (isRunning) {
      await until('both are asked for', async () => (await studio.requests(mark)).length === 2);
    } else await batchToEnd(app.client, batchId);
    await reset(batchId, type);
    await studio.release(mark);
    await until('it has ended', async (saw) => {
      return saw((await batch(batchId, (handle) => handle.describe())).status.name) === 'COMPLETED';
    });
    expect((await batchToEnd(app.client, batchId)).counts).toEqual({ completed: 3 });
    expect((await studio.requests(mark)).filter(({ kind }) => kind === 'chat')).toHaveLength(3);
  });
});
