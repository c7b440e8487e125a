import { CameraMovement, Lane, Scene } from '../../src/entities';
import type { ExplainOptions, ProjectChanges, StartOptions } from '../../src/client';
import { reasonText } from '../../src/client/internal';
import type { ProjectId, StoryEvent } from '../../src/protocol';
import type { DataSource } from 'typeorm';
import { startApp, type TestApp } from '../support/services';
import { ownTopic, sha256, textSeen, watchToEnd } from '../support/stories';
import { rowsOf } from '../support/app-rows';

describe('After an edit, a run makes again', () => {
  let app: TestApp;
  let dataSource: DataSource;

  beforeAll(async () => {
    app = await startApp();
    dataSource = await rowsOf(app);
  });
  afterAll(() => app.close());

  /** One film, edited by one test after the other. */
  let film: ProjectId;

  beforeAll(async () => {
    film = await app.client.create({ topic: ownTopic().topic, settings: { scenes: 3 } });
    await run(film);
  });

  async function run(projectId: ProjectId, options: StartOptions = {}): Promise<StoryEvent[]> {
    await app.client.start(projectId, options);
    const events = await watchToEnd(app.client, projectId);
    expect(events.at(-1)?.type).toBe('pipeline_done');
    return events;
  }

  async function settledFences(projectId: ProjectId): Promise<Map<string, number | null>> {
    const rows = await dataSource.getRepository(Lane).findBy({ projectId });
    return new Map(rows.map(({ lane, settledFence }) => [lane, settledFence]));
  }

  /** The lanes whose results are others than before, after an edit and a run; and that `explain` had said so. */
  async function madeAgain(changes: ProjectChanges, options: StartOptions = {}): Promise<string[]> {
    const { version } = await app.client.status(film);
    const foretold = await app.client.explain(film, { changes });
    expect([foretold.version, (await app.client.status(film)).version]).toEqual([version, version]);
    await app.client.edit(film, changes);
    const before = await settledFences(film);
    const { lanes: explained, estimate } = await app.client.explain(film);
    expect(foretold).toMatchObject({ lanes: explained, estimate });
    await run(film, options);
    const after = await settledFences(film);
    expect([...before.keys()].sort()).toEqual([...after.keys()].sort());
    const made = [...after].filter(([lane, fence]) => before.get(lane) !== fence).map(([lane]) => lane);
    const reasons = new Map(explained.map(({ lane, reason }) => [lane as string, reason]));
    const sure = [...reasons].filter(([, reason]) => reason === 'new' || reason === 'changed').map(([lane]) => lane);
    const possible = [...reasons].filter(([, reason]) => reason !== 'reused').map(([lane]) => lane);
    expect(made).toEqual(expect.arrayContaining(sure));
    expect(possible).toEqual(expect.arrayContaining(made));
    return made.sort();
  }

  /** What `explain` says of the lanes that would not be used again. */
  async function reasons(options?: ExplainOptions): Promise<Record<string, string>> {
    const { lanes } = await app.client.explain(film, options);
    const rest = lanes.filter(({ reason }) => reason !== 'reused');
    return Object.fromEntries(rest.map((lane) => [lane.lane, reasonText(lane)]));
  }

  function scenes(): Promise<Scene[]> {
    return dataSource.getRepository(Scene).find({ where: { projectId: film }, order: { sequenceNumber: 'ASC' } });
  }

  test('nothing where nothing was changed, and that is no new version', async () => {
    const { version, ...document } = await app.client.editable(film);
    expect(await app.client.edit(film, document, { version: version - 1 })).toEqual({ version });
    expect(await reasons()).toEqual({});
    expect(await madeAgain(document)).toEqual([]);
    expect(await reasons({ force: true, scenes: [2], stages: ['image_generation'] })).toEqual({
      'image_generation/2': 'forced',
    });
  });

  test("what depends on a scene's narration: its camera move, what is made of that, and the film", async () => {
    const change = { scenes: [{ scene_number: 3, narration: 'The sea is quiet at last.' }] };
    await app.client.edit(film, change);
    expect(await reasons()).toEqual({
      'camera_movement/3': 'changed: narration',
      'video_generation/3': 'depends on camera_movement/3',
      film: 'changed: scene 3; depends on video_generation/3',
    });
    const made = await madeAgain(change);
    expect(made.filter((lane) => lane !== 'video_generation/3')).toEqual(['camera_movement/3', 'film']);
  });

  test("what depends on a scene's picture", async () => {
    const made = await madeAgain({ scenes: [{ scene_number: 2, visual_prompt: 'A red boat on ice.' }] });
    expect(made.filter((lane) => lane !== 'camera_movement/2')).toEqual([
      'film',
      'image_generation/2',
      'video_generation/2',
    ]);
  });

  test('only the film when scenes change places, and each scene keeps its media; viewers see them in their places', async () => {
    const before = await scenes();
    await app.client.edit(film, { order: [3, 1, 2] });
    expect(await reasons()).toEqual({ film: 'changed: scene 1, scene 2, scene 3' });
    const fences = await settledFences(film);
    const events = await run(film);
    const after = await settledFences(film);
    expect([...after].filter(([lane, fence]) => fences.get(lane) !== fence).map(([lane]) => lane)).toEqual(['film']);
    expect((await scenes()).map(({ id }) => id)).toEqual([2, 0, 1].map((i) => before[i]?.id));

    const board = JSON.parse(textSeen(events, 'storyboard')) as { scenes: { narration: string }[] };
    expect(board.scenes[0]?.narration).toBe(before[2]?.narration);
    const camera = await dataSource.getRepository(CameraMovement).findOneByOrFail({ sceneId: before[2]?.id ?? '' });
    expect(textSeen(events, 'camera_movement/1')).toBe(camera.text);
    expect(new Set(events.flatMap((event) => (event.type === 'done' ? [event.verified] : [])))).toEqual(
      new Set([true]),
    );
  });

  test('only the film when a scene goes, with all that was made of it', async () => {
    expect(await madeAgain({ remove: [2] })).toEqual(['film']);
    expect((await app.client.status(film)).film?.scenes).toBe(2);
    expect([...(await settledFences(film)).keys()]).not.toContain('image_generation/3');
    expect(await dataSource.getRepository(CameraMovement).countBy({ projectId: film })).toBe(2);
  });

  test('what a new scene needs, and the film', async () => {
    const scene = { at: 2, narration: 'A gull comes.', visual_prompt: 'A gull above the lamp.' };
    expect(await madeAgain({ add: [scene] })).toEqual([
      ...['camera_movement/2', 'film', 'image_generation/2', 'video_generation/2'],
    ]);
    const { scenes: all, order } = await app.client.editable(film);
    expect(order).toEqual([1, 2, 3]);
    expect(all[1]).toMatchObject({ scene_number: 2, narration: 'A gull comes.', shot_type: 'wide', duration: 3 });
  });

  test('not a camera move that a person has set, until the scene changes after that', async () => {
    const first = (await app.client.editable(film)).scenes[0];
    const movement = first?.camera?.movement === 'tilt_up' ? 'tilt_down' : 'tilt_up';
    const camera = { movement, speed: 'slow' } as const;
    // Also where the scene is edited along with it: the person has set the move for what the scene is then.
    const edit = { scenes: [{ scene_number: 1, narration: 'Up goes the lamp.', camera }] };
    expect(await madeAgain(edit)).toEqual(['film', 'video_generation/1']);
    expect(await madeAgain({ order: [2, 1, 3] })).toEqual(['film']);
    expect((await app.client.editable(film)).scenes[1]?.camera).toEqual(camera);
    const change = { scenes: [{ scene_number: 2, narration: 'Down it comes.' }] };
    const again = await madeAgain(change, { replaceEdits: true });
    expect(again).toContain('camera_movement/2');
  });

  test('all that comes after the story, from the words that a person has put there', async () => {
    const story = 'Anna mends the bell. The fog comes. She rings it until every boat is home.';
    const made = await madeAgain({ rewrite: story }, { replaceEdits: true });
    expect(made).toContain('storyboard');
    expect(made).not.toContain('rewrite');
    expect((await app.client.editable(film)).rewrite).toBe(story);
    expect((await app.client.textEdits(film)).at(-1)).toMatchObject({
      lane: 'rewrite',
      sha256: { after: sha256(story) },
    });
  });

  test('all, with another topic', async () => {
    const made = await madeAgain({ topic: 'a baker who bakes the moon' }, { replaceEdits: true });
    expect(made).toEqual(expect.arrayContaining(['rewrite', 'storyboard', 'image_generation/1', 'film']));
  });

  test('nothing of an edit that is refused', async () => {
    const { version } = await app.client.editable(film);
    const edited = await app.client.edit(film, { scenes: [{ scene_number: 1, duration: 3.7 }] }, { version });
    expect(edited).toEqual({ version: version + 1 });
    await expect(app.client.edit(film, { remove: [1] }, { version })).rejects.toMatchObject({
      type: 'Project.Conflict',
      message: expect.stringContaining(`version ${version + 1}`),
    });
    const wrong: [ProjectChanges, RegExp][] = [
      [{ scenes: [{ scene_number: 9, narration: 'x' }] }, /There is no scene 9\. There are scenes 1 to 3\./],
      [{ scenes: [{ scene_number: 1, narration: ' ' }] }, /scenes\.0\.narration: must not be empty/],
      [{ scenes: [{ scene_number: 1, camera: { movement: 'spin' } }] }, /must be one of static, zoom_in/],
      [{ order: [1] }, /order must name each scene that stays once: 1, 2, 3/],
      [{ remove: [1, 2, 3] }, /The last scene cannot be removed/],
      [{ add: [{ narration: 'x', visual_prompt: 'y', at: 7 }] }, /cannot be added at 7/],
      [{ colour: 'red' } as ProjectChanges, /colour/],
    ];
    for (const [changes, message] of wrong) {
      await expect(app.client.edit(film, changes)).rejects.toMatchObject({
        type: 'Project.Invalid',
        message: expect.stringMatching(message),
      });
    }
    expect((await app.client.status(film)).version).toBe(version + 1);
    const both = await Promise.allSettled(
      [1, 2].map((n) => app.client.edit(film, { topic: `topic ${n}` }, { version: version + 1 })),
    );
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });

  test.each([
    ['a stage that there is not', { stages: ['poem' as 'film'] }, 'Stage.Unknown', /"poem".*rewrite, storyboard/],
    ['no stage', { stages: [] }, 'Project.Invalid', /Name a stage or a scene/],
    ['a scene that there is not', { scenes: [7] }, 'Project.Invalid', /no scene 7.*1 to 3/],
  ])('nothing where a run is asked for %s', async (_, options, type, message) => {
    const refusal = { type, message: expect.stringMatching(message) };
    await expect(app.client.start(film, options)).rejects.toMatchObject(refusal);
    await expect(app.client.explain(film, options)).rejects.toMatchObject(refusal);
  });

  test('nothing where a stage is asked for whose needs nobody has made', async () => {
    const projectId = await app.client.create({ topic: 'x' });
    const refusal = { type: 'Project.Invalid', message: expect.stringMatching(/Run the stage storyboard first/) };
    await expect(app.client.start(projectId, { stages: ['image_generation'] })).rejects.toMatchObject(refusal);
    const { lanes } = await app.client.explain(projectId);
    expect(lanes).toHaveLength(3 + 3 * 5);
    expect(new Set(lanes.map(({ reason }) => reason))).toEqual(new Set(['new']));
  });
});
