import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { StoryClient, StoryreelError, type ProjectId } from '../../src/client';
import { STORY_WORKFLOW, workflowIdOf } from '../../src/protocol';
import { startApp, type TestApp } from '../support/services';
import { ownTopic, watchUntil, withTemporal, workflowOf } from '../support/stories';
import { StudioControl } from '../support/studio-control';
import { TcpProxy } from '../support/tcp-proxy';
import { until } from '../support/until';

const HALF = '\ud83d';
const untyped = (value: unknown) => value as never;

describe('Text from outside', () => {
  const studio = new StudioControl();
  let app: TestApp;

  beforeAll(async () => {
    app = await startApp();
  });
  afterAll(() => app.close());

  async function draft(topic = 'a fox at sea'): Promise<ProjectId> {
    return app.client.create({ topic, settings: { scenes: 1 } });
  }

  test('of a project is stored without what Postgres cannot store', async () => {
    const topic = `a\0 fox${HALF} at sea 🦊`;
    const projectId = await app.client.create({ topic, owner: `ada\0`, settings: { style: `ink\0${HALF}` } });
    expect(await app.client.status(projectId)).toMatchObject({ topic: 'a fox at sea 🦊', name: 'a fox at sea 🦊' });
  });

  test('of a provider that fails parks its lane, whatever characters it has', async () => {
    const words = `bad \0 ${HALF} input ${'🦊'.repeat(300)}`;
    const provider = createServer((_request, response) => {
      response.writeHead(400, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ error: { message: words } }));
    }).listen(0, '127.0.0.1');
    await once(provider, 'listening');
    const { port } = provider.address() as AddressInfo;
    const other = await startApp({ OPENAI_BASE_URL: `http://127.0.0.1:${port}/v1` });
    try {
      const projectId = await other.client.create({ topic: 'a fox at sea' });
      await other.client.start(projectId, { stages: ['rewrite'] });
      await watchUntil(other.client, projectId, ({ type }) => type === 'attention');
      const { lanes } = await other.client.status(projectId);
      const message = lanes.find(({ lane }) => lane === 'rewrite')?.error?.message ?? '';
      expect(message).toContain('bad');
      expect(Buffer.from(message).toString()).toBe(message);
      expect(await other.client.cancel(projectId)).toEqual({ kind: 'requested' });
      await until('the run ends', async () => (await other.client.runStatus(projectId)) === undefined);
    } finally {
      await other.close();
      provider.close();
    }
  });

  test('of a person who rejects is cleaned, and refused where it is too long', async () => {
    const projectId = await draft(ownTopic().topic);
    await app.client.start(projectId, { stages: ['rewrite'], gates: ['rewrite'] });
    const waits = () => app.client.runStatus(projectId).then((run) => run?.gates.includes('rewrite'));
    await until('it waits at the gate', waits);
    const tooLong = { type: 'Project.Invalid', message: expect.stringMatching(/reason: .*4000 bytes/) };
    const rejection = { reason: 'x'.repeat(3 << 20) };
    await expect(app.client.reject(projectId, 'rewrite', rejection)).rejects.toMatchObject(tooLong);
    expect(await app.client.reject(projectId, 'rewrite', { reason: `too\0dark${HALF}` })).toEqual(['rewrite']);
    await until('it waits again', waits);
    await withTemporal(app.config, async (temporal) => {
      await workflowOf(temporal, projectId).signal('reject', { gate: 'rewrite', reason: 'x'.repeat(5_000) });
      // What is too long leaves its line; what comes after it takes effect.
      await workflowOf(temporal, projectId).signal('approve', { gate: 'rewrite' });
    });
    await until('it ends', async () => (await app.client.status(projectId)).status === 'completed');
  });

  test('of headers, however long, keeps no run from continuing', async () => {
    const projectId = await draft(ownTopic().topic);
    await app.client.start(projectId, { stages: ['rewrite'], gates: ['rewrite'] });
    await until('it waits at the gate', () => app.client.runStatus(projectId).then((run) => run?.gates.length === 1));
    const data = Buffer.alloc(1_900_000, 'x');
    const header = { fields: { long: { metadata: { encoding: Buffer.from('binary/plain') }, data } } };
    const workflowExecution = { workflowId: workflowIdOf(projectId) };
    const update = { namespace: app.config.TEMPORAL_NAMESPACE, workflowExecution, waitPolicy: { lifecycleStage: 3 } };
    await withTemporal(app.config, async ({ workflowService }) => {
      const answers = Array.from({ length: 6 }, () =>
        workflowService.updateWorkflowExecution({
          ...update,
          request: { meta: { updateId: randomUUID() }, input: { name: 'retry', header } },
        }),
      );
      const failures = (await Promise.all(answers)).map(({ outcome }) => outcome?.failure?.message);
      expect(new Set(failures)).toEqual(new Set([expect.stringContaining('rejected')]));
    });
    await app.client.approve(projectId, 'rewrite');
    await until('it ends', async () => (await app.client.status(projectId)).status === 'completed');
  });

  describe('is refused before anything is paid:', () => {
    const id = randomUUID() as ProjectId;
    test.each<[string, () => Promise<unknown>, string]>([
      ['no topic', () => app.client.create(untyped({})), 'Project.Invalid'],
      ['a topic that is a number', () => app.client.create(untyped({ topic: 5 })), 'Project.Invalid'],
      [
        'a style that is a number',
        () => app.client.create(untyped({ topic: 'x', settings: { style: 42 } })),
        'Project.Invalid',
      ],
      [
        'a setting that there is not',
        () => app.client.create(untyped({ topic: 'x', settings: { a: 1 } })),
        'Project.Invalid',
      ],
      [
        'a name of 5,000 characters',
        () => app.client.create({ topic: 'x', name: 'x'.repeat(5_000) }),
        'Project.Invalid',
      ],
      [
        'a gate that there is not',
        async () => app.client.start(await draft('x'), { gates: [untyped('nope')] }),
        'Stage.Unknown',
      ],
      ['a priority of 9', () => app.client.start(id, { priority: untyped(9) }), 'Project.Invalid'],
      ['an option that there is not', () => app.client.start(id, untyped({ gate: [] })), 'Project.Invalid'],
      ['an id that is none', () => app.client.status(untyped(undefined)), 'Project.NotFound'],
      [
        'a stage that there is not',
        async () => app.client.approve(await draft('x'), untyped('nonsense')),
        'Stage.Unknown',
      ],
      ['a lane of no stage', async () => app.client.retry(await draft('x'), 'nonsense/1'), 'Stage.Unknown'],
      ['a cursor that is none', () => app.client.watch(id, { from: untyped('garbage') }).next(), 'Project.Invalid'],
      ['a watch of no project', () => app.client.watch(untyped('x')).next(), 'Project.NotFound'],
      ['a list of fewer than none', () => app.client.list({ limit: -1 }), 'Project.Invalid'],
      ['a batch of nothing', () => app.client.batch([]), 'Project.Invalid'],
      ['a batch of objects', () => app.client.batch([untyped({ projectId: id })]), 'Project.Invalid'],
      [
        'a batch with a gate that there is not',
        () => app.client.batch([{ topic: 'x' }], { gates: [untyped('no')] }),
        'Stage.Unknown',
      ],
      ['who edits, at length', () => app.client.edit(id, { topic: 'x' }, { by: 'x'.repeat(300) }), 'Project.Invalid'],
    ])('%s', async (_what, call, type) => {
      const error: unknown = await call().catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(StoryreelError);
      expect(error).toMatchObject({ type });
    });
  });

  test('an id in capital letters is the same project, and no second run of it', async () => {
    const { topic, mark } = ownTopic();
    await studio.misbehave(mark, 'chat', { stall: 40 });
    const projectId = await draft(topic);
    const capitals = projectId.toUpperCase() as ProjectId;
    await app.client.start(projectId, { stages: ['rewrite'] });
    await expect(app.client.start(capitals)).rejects.toMatchObject({ type: 'Project.AlreadyRunning' });
    await withTemporal(app.config, async ({ workflow }) => {
      const { TEMPORAL_TASK_QUEUE: taskQueue } = app.config;
      const start = (workflowId: string, input: unknown) =>
        workflow.execute(STORY_WORKFLOW, { workflowId, taskQueue, args: [input] });
      // Past the client: another workflow of the same project, and one of no project.
      await expect(start(`story-${capitals}`, { projectId: capitals })).rejects.toMatchObject({
        cause: { type: 'Project.Invalid', message: expect.stringContaining(workflowIdOf(projectId)) },
      });
      await expect(start(`story-${randomUUID()}x`, { projectId: 'misspelt' })).rejects.toMatchObject({
        cause: { type: 'Project.NotFound' },
      });
    });
    await app.client.cancel(capitals);
    await until('the run ends', async () => (await app.client.runStatus(projectId)) === undefined);
  });

  test('a client whose Temporal is away states it soon; one that is closed states that', async () => {
    const [host = '', port] = app.config.TEMPORAL_ADDRESS.split(':');
    const proxy = await TcpProxy.start(Number(port));
    const other = await StoryClient.connect({ ...app.config, TEMPORAL_ADDRESS: `${host}:${proxy.port}` });
    const projectId = await draft();
    await proxy.close();
    await expect(other.start(projectId)).rejects.toMatchObject({ type: 'Service.Unreachable' });
    await expect(other.pause(projectId)).rejects.toMatchObject({ type: 'Service.Unreachable' });
    await other.close();
    await other.close();
    await expect(other.status(projectId)).rejects.toMatchObject({ type: 'Client.Closed' });
    await expect(other.create({ topic: 'x' })).rejects.toMatchObject({ type: 'Client.Closed' });
  });
});
