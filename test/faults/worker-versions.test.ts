import { randomUUID } from 'node:crypto';
import { readConfig } from '../../src/config';
import { workflowIdOf, type ProjectId } from '../../src/protocol';
import { Operator } from '../support/operator';
import { isParked, ownTopic, watchText, watchToEnd, watchUntil, withTemporal } from '../support/stories';
import { StudioControl } from '../support/studio-control';
import { temporal } from '../support/temporal-command';
import { until } from '../support/until';
import { WorkerSuite } from '../support/worker-suite';

describe('Where workers are builds of a deployment,', () => {
  const studio = new StudioControl();
  const suite = new WorkerSuite();
  const name = `storyreel-${randomUUID().slice(0, 8)}`;

  const startBuild = (build: string) =>
    suite.startWorker({ WORKER_DEPLOYMENT_NAME: name, WORKER_BUILD_ID: build, SHUTDOWN_GRACE_MS: '200' });

  /** The server hears of a build when its workers ask for work. */
  const makeCurrent = (build: string) =>
    until(`${build} is current`, () =>
      new Operator({ '--deployment-name storyreel': `--deployment-name ${name}`, '1.4.0': build })
        .types('Deploy during a run', 'set-current-version')
        .catch(() => undefined),
    );

  /** Who did the work, as far as it has ended. */
  const workersOf = (projectId: ProjectId) =>
    withTemporal(readConfig(suite.env), async (client) => {
      const { events } = await client.workflow.getHandle(workflowIdOf(projectId)).fetchHistory();
      const identities = (events ?? []).flatMap(
        ({ activityTaskStartedEventAttributes: activity, workflowTaskCompletedEventAttributes: step }) =>
          activity?.identity ?? step?.identity ?? [],
      );
      return [...new Set(identities)];
    });

  test('stories start on the current one, and running and parked ones continue at the next when it is made current', async () => {
    const old = await startBuild('1.0.0');
    await makeCurrent('1.0.0');
    const { client } = suite;
    const begin = async (topic: string) => {
      const projectId = await client.create({ topic, settings: { scenes: 1 } });
      await client.start(projectId);
      return projectId;
    };
    const [slow, refused] = [ownTopic(), ownTopic()];
    await studio.misbehave(slow.mark, 'chat', { hold: 10 });
    await studio.misbehave(refused.mark, 'chat', { status: 401 });
    const streaming = await begin(slow.topic);
    const parked = await begin(refused.topic);
    await watchText(client, streaming);
    await watchUntil(client, parked, isParked);

    const next = await startBuild('1.1.0');
    const before = await begin(ownTopic().topic);
    await watchToEnd(client, before);
    expect(await workersOf(before)).toEqual([old.identity]);

    await makeCurrent('1.1.0');
    const after = await begin(ownTopic().topic);
    await watchToEnd(client, after);
    expect(await workersOf(after)).toEqual([next.identity]);

    const watching = watchToEnd(client, streaming);
    expect(await old.stop()).toBe(0);
    expect((await watching).at(-1)?.type).toBe('pipeline_done');
    await client.retry(parked, 'rewrite');
    expect((await watchToEnd(client, parked)).at(-1)?.type).toBe('pipeline_done');
    const described = await temporal('workflow', 'describe', '--workflow-id', workflowIdOf(streaming));
    expect(described).toMatch(/Behavior +AutoUpgrade/);
    expect(described).toContain('1.1.0');
  });
});
