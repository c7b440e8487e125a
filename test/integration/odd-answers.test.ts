import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CLIPS, ffmpeg, probeClip } from '../../src/activities/ffmpeg';
import type { ProjectId } from '../../src/protocol';
import { fromSetup, startApp, type TestApp } from '../support/services';
import { ownTopic } from '../support/stories';
import { StudioControl } from '../support/studio-control';
import { until } from '../support/until';

describe('An odd answer', () => {
  let app: TestApp;
  const studio = new StudioControl();

  beforeAll(async () => {
    app = await startApp({ MAX_TEXT_BYTES: '1000' });
  });
  afterAll(() => app.close());

  const parked = (projectId: ProjectId) =>
    until('a parked lane', async () =>
      (await app.client.status(projectId)).lanes.find(({ status }) => status === 'needs_attention'),
    );

  test('that cannot be used is asked for three times at most, also where the provider refuses in between', async () => {
    const { topic, mark } = ownTopic();
    await studio.misbehave(mark, 'chat', { text: `A short tale of ${mark}.` });
    for (let i = 0; i < 2; i++) {
      await studio.misbehave(mark, 'chat', { bad_json: 'not_json' });
      await studio.misbehave(mark, 'chat', { status: 429, retryAfter: 0.1 });
    }
    await studio.misbehave(mark, 'chat', { bad_json: 'not_json' });
    const projectId = await app.client.create({ topic, settings: { scenes: 1 } });
    await app.client.start(projectId);
    expect(await parked(projectId)).toMatchObject({ lane: 'storyboard', error: { type: 'Output.Unusable' } });
  });

  test('that is too long is measured in bytes', async () => {
    const { topic, mark } = ownTopic();
    await studio.misbehave(mark, 'chat', { text: '灯塔守护人收集暴风雨。'.repeat(40) });
    const projectId = await app.client.create({ topic, settings: { scenes: 1 } });
    await app.client.start(projectId, { stages: ['rewrite'] });
    expect(await parked(projectId)).toMatchObject({ lane: 'rewrite', error: { type: 'Output.TooLong' } });
  });

  test('that is a list of other files is no clip', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'storyreel-clip-'));
    const signal = new AbortController().signal;
    const program = fromSetup('STORYREEL_FFMPEG');
    try {
      const make = (target: string) =>
        ffmpeg(program, ['-f', 'lavfi', '-i', 'color=red:s=64x36:d=0.2', join(folder, target)], signal);
      await make('neighbour.mp4');
      expect(await probeClip(program, join(folder, 'neighbour.mp4'), signal)).toMatchObject({ width: 64, height: 36 });
      const listed = join(folder, 'clip.mp4');
      await writeFile(listed, 'ffconcat version 1.0\nfile neighbour.mp4\n');
      await expect(probeClip(program, listed, signal)).rejects.toMatchObject({ type: 'Video.JobFailed' });
      await writeFile(listed, '#EXTM3U\n#EXTINF:1,\nneighbour.mp4\n#EXT-X-ENDLIST\n');
      await expect(probeClip(program, listed, signal)).rejects.toMatchObject({ type: 'Video.JobFailed' });
      // Our own list of clips is read as before.
      await writeFile(join(folder, 'ours.txt'), `file '${join(folder, 'neighbour.mp4')}'\n`);
      await ffmpeg(program, [...CLIPS, '-i', join(folder, 'ours.txt'), '-c', 'copy', join(folder, 'film.mp4')], signal);
      expect(await probeClip(program, join(folder, 'film.mp4'), signal)).toMatchObject({ width: 64 });
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
