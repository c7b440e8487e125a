import { readConfig } from '../../src/config';
import {
  isParked,
  ownTopic,
  streamingStory,
  watchToEnd,
  watchUntil,
  withTemporal,
  workflowOf,
} from '../support/stories';
import { fromSetup, testEnv } from '../support/services';
import { StudioControl } from '../support/studio-control';
import { until } from '../support/until';
import { WorkerSuite } from '../support/worker-suite';

interface Line {
  readonly time: string;
  readonly level: string;
  readonly msg: string;
  readonly source?: string;
  readonly type?: string;
  readonly failure?: string;
  readonly [field: string]: unknown;
}

/** A password that this Redis does not ask for: its client prints about that by itself. */
function withPassword(): string {
  const url = new URL(fromSetup('STORYREEL_TEST_REDIS_URL'));
  url.password = 'not-asked-for';
  return url.href;
}

describe('The log of a worker', () => {
  const studio = new StudioControl();
  const suite = new WorkerSuite(testEnv());

  test('has one line for an attempt that Temporal has given up', async () => {
    const worker = await suite.startWorker();
    const { client } = suite;
    const projectId = await streamingStory(client, studio);
    await withTemporal(readConfig(suite.env), (temporal) => workflowOf(temporal, projectId).terminate());
    const given = () =>
      worker.log
        .split('\n')
        .filter((line) => line.includes('Temporal no longer has this attempt'))
        .map((line) => JSON.parse(line) as Line);
    await until('it states it', () => given().length > 0);
    await worker.stop();
    expect(given()).toEqual([
      expect.objectContaining({ level: 'warn', projectId, lane: 'rewrite', attempt: 1, reason: 'NOT_FOUND' }),
    ]);
  });

  test('is JSON, whoever writes it, names the run of each line, and has each failure once', async () => {
    const worker = await suite.startWorker({ REDIS_URL: withPassword() });
    const { client } = suite;
    const { topic, mark } = ownTopic();
    await studio.misbehave(mark, 'chat', { status: 401 });
    const projectId = await client.create({ topic, settings: { scenes: 1 } });
    const { runId } = await client.start(projectId);
    await watchUntil(client, projectId, isParked);
    await client.cancel(projectId);
    await watchToEnd(client, projectId);
    const lines = () =>
      worker.log
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line) as Line);
    await until('the end of the run is logged', () => lines().some(({ msg }) => msg === 'run ended'));
    await worker.stop();

    for (const { time, level } of lines()) {
      expect(time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
      expect(level).toMatch(/^(debug|info|warn|error|fatal)$/);
    }
    expect(lines().filter(({ source }) => source === 'console')).not.toEqual([]);
    const ofRun = lines().filter((line) => line['projectId'] === projectId);
    expect(ofRun.map(({ msg }) => msg)).toEqual(expect.arrayContaining(['run started', 'lane parked', 'run ended']));
    for (const line of ofRun) expect(line['trace_id']).toBe(runId.replaceAll('-', ''));
    const failures = ofRun.filter(({ level }) => level !== 'info');
    expect(failures).toEqual([
      expect.objectContaining({
        level: 'warn',
        type: 'Provider.Unauthorized',
        lane: 'rewrite',
        attempt: 1,
        runId,
        activity: 'generateText',
      }),
    ]);
  });
});
