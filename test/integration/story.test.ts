import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { temporal } from '@temporalio/proto';
import { Client } from 'pg';
import { lanesOf, STAGES, type LogEvent, type ProjectId, type StoryEvent } from '../../src/protocol';
import { fromSetup, startApp, type TestApp } from '../support/services';
import { ownTopic, sha256, textSeen, typesOf, watchToEnd, withTemporal, workflowOf } from '../support/stories';
import { StudioControl } from '../support/studio-control';
import { until } from '../support/until';

const run = promisify(execFile);

describe('A story', () => {
  let app: TestApp;
  let projectId: ProjectId;
  let events: StoryEvent[];
  const studio = new StudioControl();
  const { topic, mark } = ownTopic();

  const statements: string[] = [];

  beforeAll(async () => {
    app = await startApp();
    const asked = jest.spyOn(Client.prototype, 'query');
    // One image is late, so that the others' clips need not wait for it.
    await studio.writeAbout(mark);
    await studio.misbehave(mark, 'image', { status: 500 });
    projectId = await app.client.create({ topic });
    await app.client.start(projectId);
    events = await watchToEnd(app.client, projectId);
    statements.push(...asked.mock.calls.map(([text]) => String(text)));
    asked.mockRestore();
  });
  afterAll(() => app.close());

  test('becomes a film of all its scenes', async () => {
    const status = await app.client.status(projectId);
    expect(status).toMatchObject({ status: 'completed', film: { scenes: 5 } });
    expect(status.stages.map(({ stage, status: state }) => `${stage} ${state}`)).toEqual(
      STAGES.map(({ name }) => `${name} completed`),
    );
    expect(status.lanes.map(({ lane }) => lane)).toEqual(lanesOf(STAGES, [1, 2, 3, 4, 5]));
  });

  test('asks the database little: 45 statements a lane at most, with those of its viewer', () => {
    // A quiet connection is asked first whether it is still there, which depends on the machine. A run that takes long
    // has some questions more, because its viewer and its lanes ask again after a while.
    const asked = statements.filter((text) => text !== 'SELECT 1');
    expect(asked.length).toBeGreaterThan(0);
    expect(asked.length).toBeLessThan(45 * lanesOf(STAGES, [1, 2, 3, 4, 5]).length);
  });

  test('gives a film that plays: H.264, subtitles, as long as its scenes together', async () => {
    const { film } = await app.client.status(projectId);
    const path = join(app.config.MEDIA_DIR, film?.asset ?? '');
    // Decoding it all to nothing reports every error in the file.
    const { stderr } = await run(fromSetup('STORYREEL_FFMPEG'), ['-i', path, '-map', '0:v', '-f', 'null', '-']);
    expect(stderr).toMatch(/Video: h264/);
    expect(stderr).toMatch(/Subtitle: mov_text/);
    const [snapshot] = await watchToEnd(app.client, projectId);
    if (snapshot?.type !== 'snapshot') throw new Error('no snapshot');
    const seconds = snapshot.scenes.reduce((sum, { duration }) => sum + duration, 0);
    expect(film?.duration).toBeCloseTo(seconds, 1);
    // Whoever comes back later sees each scene's card as one who was there.
    for (const scene of snapshot.scenes) {
      expect(scene).toMatchObject({
        image: {
          sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
          width: expect.any(Number),
          height: expect.any(Number),
        },
        camera: { movement: expect.any(String), speed: expect.any(String) },
        clip: { asset: expect.stringContaining('/'), media_type: 'video/mp4', duration: expect.any(Number) },
      });
    }
  });

  test('shows its viewer every text exactly as it is stored', async () => {
    const done = events.filter((event): event is LogEvent & { type: 'done' } => event.type === 'done');
    expect(done.map(({ lane }) => lane)).toEqual(
      expect.arrayContaining(['rewrite', 'storyboard', 'camera_movement/1', 'camera_movement/5']),
    );
    for (const { lane, metadata, verified } of done) {
      const text = textSeen(events, lane ?? '');
      expect(verified).toBe(true);
      expect({ length: Buffer.byteLength(text), sha256: sha256(text) }).toEqual(metadata);
    }
    const [late] = await watchToEnd(app.client, projectId);
    if (late?.type !== 'snapshot') throw new Error('no snapshot');
    expect(late.lanes['rewrite' as never]).toMatchObject({
      text: textSeen(events, 'rewrite'),
      status: 'completed',
      verified: true,
    });
  });

  test('starts a clip as soon as the image and the camera move of its own scene are there', async () => {
    const history = await withTemporal(app.config, (client) => workflowOf(client, projectId).fetchHistory());
    const scheduled = new Map<string, number>();
    const completed = new Map<string, number>();
    for (const [i, event] of (history.events ?? []).entries()) {
      const lane = event.activityTaskScheduledEventAttributes?.activityId;
      if (lane) scheduled.set(lane, i);
      const of = event.activityTaskCompletedEventAttributes?.scheduledEventId;
      const source = of && history.events?.find(({ eventId }) => String(eventId) === String(of));
      if (source) completed.set(source.activityTaskScheduledEventAttributes?.activityId ?? '', i);
    }
    for (const n of [1, 2, 3, 4, 5]) {
      const clip = scheduled.get(`video_generation/${n}`) ?? 0;
      expect(clip).toBeGreaterThan(completed.get(`image_generation/${n}`) ?? Infinity);
      expect(clip).toBeGreaterThan(completed.get(`camera_movement/${n}`) ?? Infinity);
    }
    const lastImage = Math.max(...[1, 2, 3, 4, 5].map((n) => completed.get(`image_generation/${n}`) ?? 0));
    const firstClip = Math.min(...[1, 2, 3, 4, 5].map((n) => scheduled.get(`video_generation/${n}`) ?? 0));
    expect(firstClip).toBeLessThan(lastImage);
  });

  test('ends each stage once, after all of its items, and the run last and once', () => {
    const ends = events.filter(({ type }) => type === 'stage_completed').map(({ stage }) => stage);
    expect([...ends].sort()).toEqual(STAGES.map(({ name }) => name as string).sort());
    for (const stage of ['image_generation', 'camera_movement', 'video_generation']) {
      const of = events.filter((event) => event.stage === stage);
      expect(of.at(-1)?.type).toBe('stage_completed');
      expect(of.filter(({ type }) => type === 'item_completed')).toHaveLength(5);
      const progress = of.filter((event): event is LogEvent & { type: 'progress' } => event.type === 'progress');
      expect(progress.map(({ current }) => current)).toEqual([...progress.map(({ current }) => current)].sort());
      expect(progress.filter(({ progress: percent }) => percent === 100)).toHaveLength(1);
    }
    expect(typesOf(events).filter((type) => type.startsWith('pipeline_'))).toEqual(['pipeline_done']);
    expect(events.at(-1)).toMatchObject({ type: 'pipeline_done', metadata: { completed_stages: 6, total_stages: 6 } });
  });

  test('leaves ids, counts and hashes in a short history, and no text', async () => {
    const history = await withTemporal(app.config, (client) => workflowOf(client, projectId).fetchHistory());
    const bytes = temporal.api.history.v1.History.encode(history).finish();
    expect(history.events?.length).toBeLessThan(300);
    expect(bytes.length).toBeLessThan(150 * 1024);
    const raw = Buffer.from(bytes).toString('utf8');
    const texts = [
      topic,
      textSeen(events, 'rewrite'),
      textSeen(events, 'storyboard'),
      textSeen(events, 'camera_movement/1'),
    ];
    for (const text of texts) {
      for (let at = 0; at + 25 <= text.length; at += 25) expect(raw).not.toContain(text.slice(at, at + 25));
    }
  });

  test('can be found and read in the Temporal UI: attributes, summaries, a lane table', async () => {
    const description = await withTemporal(app.config, (client) =>
      until('the workflow ends', async () => {
        const found = await workflowOf(client, projectId).describe();
        return found.status.name === 'COMPLETED' && found;
      }),
    );
    expect(description.searchAttributes).toMatchObject({
      StoryProject: [projectId],
      StoryStage: ['film'],
      StoryStatus: ['completed'],
    });
    const history = await withTemporal(app.config, (client) => workflowOf(client, projectId).fetchHistory());
    const summaries = (history.events ?? [])
      .filter(({ activityTaskScheduledEventAttributes: scheduled }) => scheduled)
      .map(({ userMetadata }) => Buffer.from(userMetadata?.summary?.data ?? []).toString('utf8'));
    expect(summaries).toContain('"image of scene 3: image generation"');
    const details = await withTemporal(app.config, (client) =>
      workflowOf(client, projectId).query<{ currentDetails: string }>('__temporal_workflow_metadata'),
    );
    expect(JSON.stringify(details).replaceAll('\u00a0', '')).toContain(
      '| 3 | ✓ completed | ✓ completed | ✓ completed |',
    );
  });

  test('makes nothing again when it is run again, and states it', async () => {
    const paid = async () => (await studio.requests(mark)).length + (await studio.jobsOf(projectId)).length;
    const before = await paid();
    await app.client.start(projectId);
    const again = await watchToEnd(app.client, projectId);
    expect(await paid()).toBe(before);
    expect(again.at(-1)?.type).toBe('pipeline_done');
    expect(textSeen(again, 'rewrite')).toBe(textSeen(events, 'rewrite'));
  });

  test('makes everything again with force', async () => {
    const asked = async () => (await studio.requests(mark)).filter(({ kind }) => kind === 'chat').length;
    const before = await asked();
    await app.client.start(projectId, { force: true });
    const again = await watchToEnd(app.client, projectId);
    expect(again.at(-1)?.type).toBe('pipeline_done');
    expect(await asked()).toBeGreaterThan(before);
  });
});
