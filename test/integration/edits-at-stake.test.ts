import type { ProjectId } from '../../src/protocol';
import { startApp, type TestApp } from '../support/services';
import { ownTopic, sha256, watchToEnd, watchUntil } from '../support/stories';
import { StudioControl } from '../support/studio-control';
import { until } from '../support/until';
import { CommandLine } from '../support/command-line';

const STORY = 'Anna mends the bell. The fog comes. She rings it until every boat is home.';
const REWRITE = { stages: ['rewrite'] } as const;

describe('What a person has written, and a run would replace', () => {
  let app: TestApp;
  const studio = new StudioControl();

  beforeAll(async () => {
    app = await startApp({ STORYREEL_TEXT_CONTINUATION: 'prefill' });
  });
  afterAll(() => app.close());

  async function run(projectId: ProjectId, options = {}): Promise<void> {
    await app.client.start(projectId, { ...REWRITE, ...options });
    await watchToEnd(app.client, projectId);
  }

  const explained = async (projectId: ProjectId, options = {}) =>
    (await app.client.explain(projectId, { ...REWRITE, ...options })).lanes;
  const refusal = { type: 'Project.WouldReplaceEdits', message: expect.stringContaining('rewrite') as string };

  /** Written by hand, and used by a run since. */
  async function written(): Promise<ProjectId> {
    const projectId = await app.client.create({ topic: ownTopic().topic, settings: { scenes: 1 } });
    await run(projectId);
    await app.client.edit(projectId, { rewrite: STORY });
    await run(projectId);
    return projectId;
  }

  test('is used again as long as what it is made from stays, and stated to be by hand', async () => {
    const projectId = await written();
    expect(await explained(projectId)).toEqual([{ lane: 'rewrite', reason: 'reused', edited: true }]);
    expect((await app.client.editable(projectId)).rewrite).toBe(STORY);
  });

  test.each([
    ['something before it has changed', { topic: 'a baker who bakes the moon' }, {}, 'changed'],
    ['all is to be made again', undefined, { force: true }, 'forced'],
  ])('is named, and kept by a refusal, where %s', async (_what, changes, options, reason) => {
    const projectId = await written();
    if (changes) await app.client.edit(projectId, changes);
    expect(await explained(projectId, options)).toMatchObject([{ reason, edited: true, replaces: true }]);
    await expect(app.client.start(projectId, { ...REWRITE, ...options })).rejects.toMatchObject(refusal);
    expect((await app.client.status(projectId)).status).toBe('completed');
    expect((await app.client.editable(projectId)).rewrite).toBe(STORY);

    await run(projectId, { ...options, replaceEdits: true });
    expect((await app.client.editable(projectId)).rewrite).not.toBe(STORY);
    // What the model has written is no person's.
    expect(await explained(projectId, { force: true })).toEqual([{ lane: 'rewrite', reason: 'forced' }]);
    expect((await app.client.textEdits(projectId)).map((edit) => edit.sha256.after)).toEqual([sha256(STORY)]);
  });

  test('is named also where nothing was there before, and where it is a camera move of a scene that has moved', async () => {
    const projectId = await app.client.create({ topic: ownTopic().topic });
    const scene = (movement: 'pan_left' | 'zoom_in') => ({
      narration: 'x',
      visual_prompt: 'y',
      camera: { movement },
    });
    await app.client.edit(projectId, { rewrite: STORY, add: [scene('pan_left'), scene('zoom_in')] });
    await app.client.edit(projectId, { remove: [1] });
    const { lanes } = await app.client.explain(projectId, { force: true });
    expect(lanes.filter(({ replaces }) => replaces).map(({ lane }) => lane)).toEqual([
      ...['rewrite', 'storyboard', 'camera_movement/1'],
    ]);
  });

  test('is a beginning, too, that the model continues from, if what it is made from changes', async () => {
    const { topic, mark } = ownTopic();
    await studio.misbehave(mark, 'chat', { stall: 20 });
    const projectId = await app.client.create({ topic, settings: { scenes: 1 } });
    await app.client.start(projectId, REWRITE);
    await watchUntil(app.client, projectId, ({ type }) => type === 'token');
    await app.client.pause(projectId, { now: true });
    await until('a text that is left', async () => (await app.client.editable(projectId)).text?.content);
    await app.client.edit(projectId, { text: { lane: 'rewrite', content: 'Once, by the sea, ' } });
    await app.client.cancel(projectId);
    await until('the end', async () => (await app.client.status(projectId)).status === 'cancelled');
    // The call whose text the person has replaced.
    expect(await explained(projectId)).toEqual([{ lane: 'rewrite', reason: 'new', edited: true, wasted: 1 }]);
    await app.client.edit(projectId, { topic: 'another one' });
    expect(await explained(projectId)).toMatchObject([{ reason: 'new', edited: true, replaces: true }]);
    await expect(app.client.start(projectId, REWRITE)).rejects.toMatchObject(refusal);
  });

  test('is not replaced by a batch, either, which then stores and starts nothing', async () => {
    const projectId = await written();
    await app.client.edit(projectId, { topic: 'a baker who bakes the moon' });
    const batchId = `stake-${projectId.slice(0, 8)}`;
    const batch = (options = {}) =>
      app.client.batch([projectId, { topic: 'x' }], { batchId, ...REWRITE, force: true, ...options });
    await expect(batch()).rejects.toMatchObject({
      ...refusal,
      message: expect.stringContaining(`${projectId} rewrite`) as string,
    });
    await expect(app.client.batchStatus(batchId)).rejects.toMatchObject({ type: 'Batch.NotFound' });
    await batch({ replaceEdits: true });
    await until('the batch', async () => !(await app.client.batchStatus(batchId)).running);
    expect((await app.client.editable(projectId)).rewrite).not.toBe(STORY);
  });

  test('is named at the command line, which refuses likewise', async () => {
    const projectId = await written();
    await app.client.edit(projectId, { topic: 'a baker who bakes the moon' });
    const shell = new CommandLine(() => app.config);
    await shell.run('explain', projectId, '--stage', 'rewrite');
    expect(shell.stdout).toContain('replaces what a person has written');
    expect(shell.stdout).toContain(
      'A person has written rewrite: a run refuses to replace that without --replace-edits.',
    );
    await expect(shell.run('run', projectId, '--stage', 'rewrite')).rejects.toMatchObject(refusal);
    await shell.run('run', projectId, '--stage', 'rewrite', '--replace-edits');
    expect(shell.exitCode).toBe(0);
  });
});
