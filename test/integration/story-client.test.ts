import { randomUUID } from 'node:crypto';
import type { ProjectId } from '../../src/protocol';
import { startApp, type TestApp } from '../support/services';
import { ownTopic, typesOf, watchText, watchToEnd, watchUntil, withTemporal, workflowOf } from '../support/stories';
import { StudioControl } from '../support/studio-control';
import { until } from '../support/until';

describe('A backend', () => {
  let app: TestApp;
  const studio = new StudioControl();

  beforeAll(async () => {
    app = await startApp();
  });
  afterAll(() => app.close());

  /** Its text is held in the middle. */
  async function slowProject({ topic, mark } = ownTopic()): Promise<ProjectId> {
    await studio.misbehave(mark, 'chat', { hold: 60 });
    return app.client.create({ topic, settings: { scenes: 1 } });
  }

  test('gets one run for one request, however often it asks', async () => {
    const projectId = await slowProject();
    const requestId = randomUUID();
    const first = await app.client.start(projectId, { requestId });
    expect(await app.client.start(projectId, { requestId })).toEqual(first);
    await app.client.cancel(projectId);
    await watchToEnd(app.client, projectId);
    // Also after the end: a late repetition starts nothing.
    expect(await app.client.start(projectId, { requestId })).toEqual(first);
    await expect(app.client.start(projectId, { requestId, force: true })).rejects.toMatchObject({
      type: 'Request.Repeated',
    });
    // Also after another run.
    const second = await app.client.start(projectId, { requestId: randomUUID() });
    expect(second.runId).not.toBe(first.runId);
    await app.client.cancel(projectId);
    await watchToEnd(app.client, projectId);
    let repeated = 0;
    const again = () => app.client.start(projectId, { requestId, onRepeated: () => (repeated += 1) });
    expect(await again()).toEqual(first);
    expect(repeated).toBe(1);
  });

  test('is refused a second run, or joins the one that is continuing', async () => {
    const projectId = await slowProject();
    const first = await app.client.start(projectId);
    await expect(app.client.start(projectId)).rejects.toMatchObject({ type: 'Project.AlreadyRunning' });
    expect(await app.client.start(projectId, { join: true })).toEqual(first);
    expect(await app.client.runStatus(projectId)).toMatchObject({ projectId, status: 'running' });
    await app.client.cancel(projectId);
    await watchToEnd(app.client, projectId);
  });

  test('gets the same run where its workflow has continued as new', async () => {
    const projectId = await app.client.create({ topic: ownTopic().topic, settings: { scenes: 1 } });
    const requestId = randomUUID();
    const options = { stages: ['rewrite'], gates: ['rewrite'], requestId } as const;
    const first = await app.client.start(projectId, options);
    await watchUntil(app.client, projectId, ({ type }) => type === 'awaiting');
    await withTemporal(app.config, async (temporal) => {
      const handle = workflowOf(temporal, projectId);
      await handle.executeUpdate('edited', { args: [{}] });
      await handle.executeUpdate('pause', { args: [{}] });
      await handle.executeUpdate('resume', { args: [{}] });
      await until('it has continued as new', async () => (await handle.describe()).runId !== first.runId);
    });
    expect(await app.client.start(projectId, options)).toEqual(first);
    expect(await app.client.start(projectId, { join: true })).toEqual(first);
    await app.client.cancel(projectId);
    await watchToEnd(app.client, projectId);
    expect(await app.client.start(projectId, options)).toEqual(first);
  });

  test('is informed where there is no such project', async () => {
    const nobody = randomUUID() as ProjectId;
    const missing = { type: 'Project.NotFound' };
    await expect(app.client.start(nobody)).rejects.toMatchObject(missing);
    await expect(app.client.status(nobody)).rejects.toMatchObject(missing);
    await expect(app.client.cancel(nobody)).rejects.toMatchObject(missing);
    await expect(app.client.watch(nobody).next()).rejects.toMatchObject(missing);
  });

  test.each([
    ['an empty topic', { topic: ' \n ' }],
    ['a topic of which nothing can be seen', { topic: '\u00a0\u200b\u200d\u{e0041}' }],
    ['a topic of 100 kB', { topic: 'a'.repeat(100_000) }],
    ['no scenes', { topic: 'x', settings: { scenes: 0 } }],
    ['too many scenes', { topic: 'x', settings: { scenes: 501 } }],
  ])('is refused %s', async (_, input) => {
    await expect(app.client.create(input)).rejects.toMatchObject({ type: 'Project.Invalid' });
  });

  test('watches from before the start to the end, leaves, comes back with its cursor, and misses nothing', async () => {
    const about = ownTopic();
    const projectId = await slowProject(about);
    const whole = watchToEnd(app.client, projectId);
    await app.client.start(projectId);
    const first = await watchText(app.client, projectId, 120);
    const from = first.at(-1)?.id;
    if (!from) throw new Error('a token has a cursor');
    await studio.release(about.mark);
    const rest = [];
    for await (const event of app.client.watch(projectId, { from })) rest.push(event);
    const seen = (await whole).filter(({ type }) => type !== 'snapshot').map(({ id }) => id);
    expect(rest.map(({ id }) => id)).toEqual(seen.slice(seen.indexOf(from) + 1));
    expect(typesOf(rest)).not.toContain('snapshot');
  });
});
