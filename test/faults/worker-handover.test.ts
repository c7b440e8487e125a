import { ownTopic, watchToEnd } from '../support/stories';
import { StudioControl } from '../support/studio-control';
import { until } from '../support/until';
import { WorkerSuite } from '../support/worker-suite';

describe('When a worker ends,', () => {
  const studio = new StudioControl();
  const suite = new WorkerSuite();

  test('killed with -9 while a video job is made, the next worker continues with the same job and pays for no other', async () => {
    const worker = await suite.startWorker();
    const { client } = suite;
    const { topic } = ownTopic();
    const projectId = await client.create({ topic, settings: { scenes: 2 } });
    await client.start(projectId);
    const watching = watchToEnd(client, projectId);
    await until('the jobs are at the provider', async () => (await studio.jobsOf(projectId)).length === 2);
    await worker.kill();
    await suite.startWorker();
    expect((await watching).at(-1)?.type).toBe('pipeline_done');
    expect(await studio.jobsOf(projectId)).toHaveLength(2);
  });

  test('or the answer to a video job is lost, the same job is found again by its key', async () => {
    await suite.startWorker();
    const { client } = suite;
    const { topic, mark } = ownTopic();
    const projectId = await client.create({ topic, settings: { scenes: 1 } });
    await studio.writeAbout(mark);
    // The job is taken, and the connection breaks before its id has come.
    await studio.misbehave(mark, 'video_submit', { cut: 0 });
    await client.start(projectId);
    expect((await watchToEnd(client, projectId)).at(-1)?.type).toBe('pipeline_done');
    const submissions = (await studio.requests(mark)).filter(({ kind }) => kind === 'video_submit');
    expect(submissions.map(({ replayed }) => replayed)).toEqual([false, true]);
    expect(await studio.jobsOf(projectId)).toHaveLength(1);
  });
});
