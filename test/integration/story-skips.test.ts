import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DataSource } from 'typeorm';
import { CameraMovement, Film, GeneratedImage, GeneratedVideo, Lane, ProjectStage, Scene } from '../../src/entities';
import { laneId, laneParts, laneQueue, STAGES, type LaneId, type LaneResult, type ProjectId } from '../../src/protocol';
import { FolderStore } from '../../src/storage';
import { framesOf, pictureOf } from '../support/films';
import { startApp, type TestApp } from '../support/services';
import { ownTopic, withTemporal } from '../support/stories';
import { StudioControl } from '../support/studio-control';
import { rowsOf } from '../support/app-rows';

const SECONDS = 1;
const COLOURS = ['#c02020', '#20c020', '#2020c0'];

describe('Without what was skipped', () => {
  let app: TestApp;
  let dataSource: DataSource;
  const studio = new StudioControl();

  beforeAll(async () => {
    app = await startApp();
    dataSource = await rowsOf(app);
  });
  afterAll(() => app.close());

  /** A project of three scenes with an image each, as an earlier run left it, in which these lanes are skipped now. */
  async function project(skipped: readonly LaneId[], topic = ownTopic().topic): Promise<ProjectId> {
    const projectId = await app.client.create({ topic, settings: { scenes: COLOURS.length } });
    const row = { projectId, inputHash: 'old', fence: 1 };
    await dataSource.getRepository(ProjectStage).insert(STAGES.map(({ name }) => ({ projectId, stage: name })));
    await dataSource
      .getRepository(ProjectStage)
      .update({ projectId, stage: 'rewrite' }, { text: 'An old rewrite.', sha256: 'old', textBytes: 15 });
    const lanes = skipped.map((lane) => {
      const { stage, scene } = laneParts(lane);
      return { projectId, lane, stage, sequenceNumber: scene ?? null, status: 'skipped' as const };
    });
    await dataSource.getRepository(Lane).insert(lanes);
    const media = new FolderStore(app.config.MEDIA_DIR);
    for (const [i, colour] of COLOURS.entries()) {
      const scene = await dataSource.getRepository(Scene).save({
        projectId,
        sequenceNumber: i + 1,
        narration: `Scene ${i + 1}.`,
        visualPrompt: `A hill. ${topic}`,
        shotType: 'wide',
        durationSeconds: SECONDS,
      });
      const image = await media.put(await pictureOf(app.config, colour), 'image/png');
      const picture = { ...row, ...image, sceneId: scene.id, width: 320, height: 180, prompt: '', model: 'm' };
      await dataSource.getRepository(GeneratedImage).insert(picture);
      const camera = { movement: 'pan_left' as const, speed: 'fast' as const, text: '{}', sha256: 'old', textBytes: 2 };
      await dataSource.getRepository(CameraMovement).insert({ ...row, ...camera, sceneId: scene.id });
    }
    return projectId;
  }

  /** A clip for each of these scenes, 25 frames a second, as another maker than the film's own would make it. */
  async function addClips(projectId: ProjectId, numbers: readonly number[]): Promise<void> {
    const media = new FolderStore(app.config.MEDIA_DIR);
    for (const sequenceNumber of numbers) {
      const { id: sceneId } = await dataSource.getRepository(Scene).findOneByOrFail({ projectId, sequenceNumber });
      const clip = await media.put(await pictureOf(app.config, '#808080', SECONDS), 'video/mp4');
      await dataSource.getRepository(GeneratedVideo).insert({
        projectId,
        sceneId,
        status: 'completed' as const,
        inputHash: 'old',
        fence: 1,
        idempotencyKey: sceneId,
        provider: 'p',
        model: 'm',
        sha256: clip.sha256,
        mediaType: 'video/mp4',
        durationSeconds: SECONDS,
      });
    }
  }

  function run(activity: string, projectId: ProjectId, lane: string): Promise<LaneResult> {
    const kind = STAGES.find(({ name }) => name === laneParts(lane as LaneId).stage)?.kind ?? 'text';
    return withTemporal(app.config, (client) =>
      client.activity.execute<LaneResult>(activity, {
        id: `${projectId}/${lane}/${Date.now()}`,
        taskQueue: laneQueue(app.config.TEMPORAL_TASK_QUEUE, kind),
        args: [{ projectId, lane, runId: 'none' }],
        startToCloseTimeout: '30 seconds',
      }),
    );
  }

  test('a film shows a scene by its image, leaves one out, and states it', async () => {
    const projectId = await project([
      laneId('video_generation', 2),
      laneId('image_generation', 3),
      laneId('video_generation', 3),
    ]);
    // What an earlier run made in the lanes that are skipped now must not be seen.
    await addClips(projectId, [1, 2, 3]);
    await run('joinFilm', projectId, 'film');

    const { film } = await app.client.status(projectId);
    expect(film).toMatchObject({ scenes: 2, stills: [2], missing_scenes: [3] });
    expect(film?.duration).toBeCloseTo(2 * SECONDS, 1);
    const frames = await framesOf(
      app.config,
      await readFile(join(app.config.MEDIA_DIR, film?.asset ?? '')),
      [0.5, 1.5],
    );
    expect(frames).toEqual(['grey', 'green']);
  });

  test('a film is made again when a scene that was shown by its image has a clip, and when one leaves', async () => {
    const projectId = await project([
      laneId('video_generation', 1),
      laneId('video_generation', 2),
      laneId('video_generation', 3),
    ]);
    const first = await run('joinFilm', projectId, 'film');
    expect((await run('joinFilm', projectId, 'film')).reused).toBe(true);
    await dataSource.getRepository(Lane).insert({
      projectId,
      lane: 'image_generation/2',
      stage: 'image_generation',
      sequenceNumber: 2,
      status: 'skipped',
    });
    const second = await run('joinFilm', projectId, 'film');
    expect(second).toMatchObject({ reused: false });
    expect(second.sha256).not.toBe(first.sha256);
    await dataSource.getRepository(Lane).delete({ projectId, lane: laneId('video_generation', 1) });
    await addClips(projectId, [1]);
    expect(await run('joinFilm', projectId, 'film')).toMatchObject({ reused: false });
    expect(await dataSource.getRepository(Film).findOneByOrFail({ projectId })).toMatchObject({
      sceneCount: 2,
      stills: [3],
      missingScenes: [2],
    });
  });

  test('a film that nothing is left of is not made, and its lane is not tried again', async () => {
    const lanes = [1, 2, 3].flatMap((n) => [laneId('image_generation', n), laneId('video_generation', n)]);
    const projectId = await project(lanes);
    await addClips(projectId, [1, 2, 3]);
    await expect(run('joinFilm', projectId, 'film')).rejects.toMatchObject({
      cause: { type: 'Film.Empty', nonRetryable: true, message: expect.stringMatching(/every scene was skipped/) },
    });
  });

  test('a clip is made with a camera that is at rest, and never from an image that was skipped', async () => {
    const { topic, mark } = ownTopic();
    const projectId = await project([laneId('camera_movement', 1), laneId('image_generation', 2)], topic);
    await run('generateVideo', projectId, 'video_generation/1');
    const [asked] = (await studio.requests(mark)).filter(({ kind }) => kind === 'video_submit');
    expect(asked?.prompt).toMatch(/Camera: static, slow$/);
    await expect(run('generateVideo', projectId, 'video_generation/2')).rejects.toMatchObject({
      cause: { type: 'Project.Invalid' },
    });
  });

  test('a storyboard is drawn of the topic, whatever an earlier rewrite contained', async () => {
    const { topic, mark } = ownTopic();
    const projectId = await project([laneId('rewrite')], topic);
    await run('generateText', projectId, 'storyboard');
    // Only the topic has the mark in it.
    expect((await studio.requests(mark)).filter(({ kind }) => kind === 'chat')).toHaveLength(1);
    expect(await dataSource.getRepository(Scene).countBy({ projectId })).toBe(COLOURS.length);
  });
});
