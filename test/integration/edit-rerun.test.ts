import { createDataSource, CameraMovement, Lane, Scene } from '../../src/entities';
import type { ProjectChanges } from '../../src/client';
import type { ProjectId, StoryEvent } from '../../src/protocol';
import type { DataSource } from 'typeorm';
import { startApp, type TestApp } from '../support/services';
import { ownTopic, textSeen, watchToEnd } from '../support/stories';

describe('After an edit, a run makes again', () => {
  let app: TestApp;
  let dataSource: DataSource;

  beforeAll(async () => {
    app = await startApp();
    dataSource = createDataSource({ url: app.config.DATABASE_URL, poolSize: 2 });
    await dataSource.initialize();
  });
  afterAll(async () => {
    await dataSource.destroy();
    await app.close();
  });

  async function run(projectId: ProjectId, options = {}): Promise<StoryEvent[]> {
    await app.client.start(projectId, options);
    const events = await watchToEnd(app.client, projectId);
    expect(events.at(-1)?.type).toBe('pipeline_done');
    return events;
  }

  async function finished(scenes = 3): Promise<ProjectId> {
    const projectId = await app.client.create({ topic: ownTopic().topic, settings: { scenes } });
    await run(projectId);
    return projectId;
  }

  async function lanes(projectId: ProjectId): Promise<Map<string, number | null>> {
    const rows = await dataSource.getRepository(Lane).findBy({ projectId });
    return new Map(rows.map(({ lane, settledFence }) => [lane, settledFence]));
  }

  /** The lanes whose results are others than before, after an edit and a run. */
  async function madeAgain(projectId: ProjectId, changes: ProjectChanges): Promise<string[]> {
    await app.client.edit(projectId, changes);
    const before = await lanes(projectId);
    await run(projectId);
    const after = await lanes(projectId);
    expect([...before.keys()].sort()).toEqual([...after.keys()].sort());
    return [...after]
      .filter(([lane, fence]) => before.get(lane) !== fence)
      .map(([lane]) => lane)
      .sort();
  }

  async function scenes(projectId: ProjectId): Promise<Scene[]> {
    return dataSource.getRepository(Scene).find({ where: { projectId }, order: { sequenceNumber: 'ASC' } });
  }

  test('nothing where nothing was changed, and that is no new version', async () => {
    const projectId = await finished(1);
    const { version, ...document } = await app.client.editable(projectId);
    expect(await app.client.edit(projectId, document, { version })).toEqual({ version });
    expect(await madeAgain(projectId, document)).toEqual([]);
  });

  test("what depends on a scene's narration: its camera move, what is made of that, and the film", async () => {
    const projectId = await finished();
    const made = await madeAgain(projectId, { scenes: [{ scene_number: 3, narration: 'The sea is quiet at last.' }] });
    expect(made.filter((lane) => lane !== 'video_generation/3')).toEqual(['camera_movement/3', 'film']);
  });

  test("what depends on a scene's picture", async () => {
    const projectId = await finished();
    const made = await madeAgain(projectId, { scenes: [{ scene_number: 2, visual_prompt: 'A red boat on ice.' }] });
    expect(made).toEqual(['camera_movement/2', 'film', 'image_generation/2', 'video_generation/2']);
  });

  test('only the film when scenes change places, and each scene keeps its media', async () => {
    const projectId = await finished();
    const before = await scenes(projectId);
    expect(await madeAgain(projectId, { order: [3, 1, 2] })).toEqual(['film']);
    const after = await scenes(projectId);
    expect(after.map(({ id }) => id)).toEqual([2, 0, 1].map((i) => before[i]?.id));
    expect((await app.client.status(projectId)).film?.scenes).toBe(3);
  });

  test('only the film when a scene goes', async () => {
    const projectId = await finished();
    expect(await madeAgain(projectId, { remove: [2] })).toEqual(['film']);
    expect((await app.client.status(projectId)).film?.scenes).toBe(2);
    expect([...(await lanes(projectId)).keys()]).not.toContain('image_generation/3');
  });

  test('what a new scene needs, and the film', async () => {
    const projectId = await finished();
    const made = await madeAgain(projectId, {
      add: [{ at: 2, narration: 'A gull comes.', visual_prompt: 'A gull above the lamp.' }],
    });
    expect(made).toEqual(['camera_movement/2', 'film', 'image_generation/2', 'video_generation/2']);
    const { scenes: all } = await app.client.editable(projectId);
    expect(all.map(({ scene_number }) => scene_number)).toEqual([1, 2, 3, 4]);
    expect(all[1]).toMatchObject({ narration: 'A gull comes.', shot_type: 'wide', duration: 3 });
  });

  test('all that comes after the story, from the words that were put there', async () => {
    const projectId = await finished(2);
    const story = 'Anna mends the bell. The fog comes. She rings it until every boat is home.';
    const made = await madeAgain(projectId, { rewrite: story });
    expect(made).toContain('storyboard');
    expect(made).not.toContain('rewrite');
    expect((await app.client.editable(projectId)).rewrite).toBe(story);
  });

  test('all, with another topic', async () => {
    const projectId = await finished(1);
    const made = await madeAgain(projectId, { topic: 'a baker who bakes the moon' });
    expect(made).toEqual(expect.arrayContaining(['rewrite', 'storyboard', 'image_generation/1', 'film']));
  });

  test('not a camera move that a person has set, until the scene changes after that', async () => {
    const projectId = await finished(2);
    const {
      scenes: [first],
    } = await app.client.editable(projectId);
    const movement = first?.camera?.movement === 'tilt_up' ? 'tilt_down' : 'tilt_up';
    const camera = { movement, speed: 'slow' } as const;
    // Also where the scene is edited along with it: the person has set the move for what the scene is then.
    const edit = { scenes: [{ scene_number: 1, narration: 'Up goes the lamp.', camera }] };
    expect(await madeAgain(projectId, edit)).toEqual(['film', 'video_generation/1']);
    expect(await madeAgain(projectId, { order: [2, 1] })).toEqual(['film']);
    expect((await app.client.editable(projectId)).scenes[1]?.camera).toEqual(camera);
    const again = await madeAgain(projectId, { scenes: [{ scene_number: 2, narration: 'Down it comes.' }] });
    expect(again).toContain('camera_movement/2');
  });

  test('nothing of an edit that is refused', async () => {
    const projectId = await finished(2);
    const { version } = await app.client.editable(projectId);
    const edited = await app.client.edit(projectId, { scenes: [{ scene_number: 1, duration: 4 }] }, { version });
    expect(edited).toEqual({ version: version + 1 });
    await expect(app.client.edit(projectId, { remove: [1] }, { version })).rejects.toMatchObject({
      type: 'Project.Conflict',
      message: expect.stringContaining(`version ${version + 1}`),
    });
    const wrong: [ProjectChanges, RegExp][] = [
      [{ scenes: [{ scene_number: 9, narration: 'x' }] }, /There is no scene 9\. There are scenes 1 to 2\./],
      [{ scenes: [{ scene_number: 1, narration: ' ' }] }, /scenes\.0\.narration: must not be empty/],
      [{ scenes: [{ scene_number: 1, camera: { movement: 'spin' as 'static' } }] }, /must be one of static, zoom_in/],
      [{ order: [1] }, /order must name each scene that stays once: 1, 2/],
      [{ remove: [1, 2] }, /The last scene cannot be removed/],
      [{ add: [{ narration: 'x', visual_prompt: 'y', at: 7 }] }, /cannot be added at 7/],
      [{ colour: 'red' } as ProjectChanges, /colour/],
    ];
    for (const [changes, message] of wrong) {
      await expect(app.client.edit(projectId, changes)).rejects.toMatchObject({
        type: 'Project.Invalid',
        message: expect.stringMatching(message),
      });
    }
    expect((await app.client.status(projectId)).version).toBe(version + 1);
    const both = await Promise.allSettled(
      [1, 2].map((n) => app.client.edit(projectId, { topic: `topic ${n}` }, { version: version + 1 })),
    );
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });

  test('what viewers see: the edited storyboard and camera at once, verified', async () => {
    const projectId = await finished(2);
    await app.client.edit(projectId, { order: [2, 1], scenes: [{ scene_number: 2, camera: { movement: 'static' } }] });
    const events = await run(projectId);
    const first = await dataSource.getRepository(Scene).findOneByOrFail({ projectId, sequenceNumber: 1 });
    const camera = await dataSource.getRepository(CameraMovement).findOneByOrFail({ sceneId: first.id });
    expect(textSeen(events, 'camera_movement/1')).toBe(camera.text);
    const board = JSON.parse(textSeen(events, 'storyboard')) as { scenes: { narration: string }[] };
    expect(board.scenes[0]?.narration).toBe(first.narration);
    const verdicts = events.flatMap((event) => (event.type === 'done' ? [event.verified] : []));
    expect(new Set(verdicts)).toEqual(new Set([true]));
  });
});
