import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { DataSource } from 'typeorm';
import { Lane } from '../../src/entities';
import { inputHash } from '../../src/planning';
import { StoryreelError, type ProjectId, laneId } from '../../src/protocol';
import { BUILT_IN, renderMessages } from '../../src/stages';
import { cuesIn } from '../support/films';
import { fromSetup, startApp, type TestApp } from '../support/services';
import { ownTopic, watchToEnd } from '../support/stories';
import { StudioControl } from '../support/studio-control';
import { rowsOf } from '../support/app-rows';

/** How ffmpeg describes a film that it decodes to its end. */
async function described(path: string): Promise<string> {
  const decoded = ['-i', path, '-map', '0:v', '-f', 'null', '-'];
  return (await promisify(execFile)(fromSetup('STORYREEL_FFMPEG'), decoded)).stderr;
}

describe('The language and the frame of a project', () => {
  let app: TestApp;
  let dataSource: DataSource;
  const studio = new StudioControl();
  const { topic } = ownTopic();
  let film: ProjectId;

  beforeAll(async () => {
    app = await startApp();
    dataSource = await rowsOf(app);
    film = await app.client.create({ topic, settings: { scenes: 2, language: 'DE', frame: ' 9:16 ' } });
    await run();
  });
  afterAll(() => app.close());

  async function run(): Promise<void> {
    await app.client.start(film, { replaceEdits: true });
    expect((await watchToEnd(app.client, film)).at(-1)?.type).toBe('pipeline_done');
  }

  async function reasons(settings: Parameters<TestApp['client']['edit']>[1]['settings']) {
    const { lanes } = await app.client.explain(film, { changes: { ...(settings && { settings }) } });
    return Object.fromEntries(lanes.map(({ lane, reason, changed = [] }) => [lane, [reason, ...changed].join(' ')]));
  }

  test('shape the film: portrait, with captions of its language that fit into it', async () => {
    const status = await app.client.status(film);
    expect(status).toMatchObject({ status: 'completed', language: 'de', frame: '9:16' });
    const path = join(app.config.MEDIA_DIR, status.film?.asset ?? '');
    const facts = await described(path);
    expect(facts).toMatch(/Video: h264.* 36x64[, ]/);
    expect(facts).toMatch(/\(deu\): Subtitle: mov_text/);
    const lines = (await cuesIn(app.config, path)).flatMap(({ text }) => text.split('\n'));
    expect(lines.length).toBeGreaterThan(2);
    for (const line of lines) expect(line.trim().length).toBeLessThanOrEqual(20);
    expect(await studio.requests('Write the story in German (de)')).toHaveLength(1);
    expect(await studio.requests('Write every narration in German (de)')).toHaveLength(1);
  });

  test('are explained before they are stored: what is made again, and why', async () => {
    expect(await reasons({ frame: null })).toMatchObject({
      rewrite: 'reused',
      storyboard: 'reused',
      'camera_movement/1': 'reused',
      'image_generation/1': 'changed frame_size',
      'image_generation/2': 'changed frame_size',
    });
    // The same frame in other words.
    expect(new Set(Object.values(await reasons({ frame: '36x64' })))).toEqual(new Set(['reused']));
    expect(await reasons({ language: 'fr' })).toMatchObject({ rewrite: 'changed language' });
    expect(new Set(Object.values(await reasons({ language: 'de', frame: '9:16' })))).toEqual(new Set(['reused']));
  });

  test('may be changed and taken back, and only what they shape is made again', async () => {
    const { version, settings } = await app.client.editable(film);
    expect(settings).toEqual({ language: 'de', frame: '9:16' });
    await app.client.edit(film, { settings: { frame: '1:1' } }, { version });
    const before = await dataSource.getRepository(Lane).findOneByOrFail({ projectId: film, lane: laneId('rewrite') });
    await run();
    const after = await dataSource.getRepository(Lane).findOneByOrFail({ projectId: film, lane: laneId('rewrite') });
    expect(after.settledFence).toBe(before.settledFence);
    const { film: made } = await app.client.status(film);
    const path = join(app.config.MEDIA_DIR, made?.asset ?? '');
    expect(await described(path)).toMatch(/Video: h264.* 36x36[, ]/);
    expect((await readFile(path)).length).toBe(made?.bytes);
    await app.client.edit(film, { settings: { language: null, frame: null } });
    expect((await app.client.editable(film)).settings).toEqual({ language: null, frame: null });
    const status = await app.client.status(film);
    expect(status).not.toHaveProperty('language');
    expect(status).not.toHaveProperty('frame');
  });

  test('change nothing where they are not given: prompts and hashes are those of earlier releases', async () => {
    const plain = ownTopic();
    const id = await app.client.create({ topic: plain.topic, settings: { scenes: 1 } });
    await app.client.start(id, { stages: ['rewrite'] });
    await watchToEnd(app.client, id);
    const { inputHash: hash, inputs } = await dataSource
      .getRepository(Lane)
      .findOneByOrFail({ projectId: id, lane: laneId('rewrite') });
    const stage = BUILT_IN.ofKind('text', 'rewrite');
    const messages = renderMessages(stage.template, { topic: plain.topic });
    expect(hash).toBe(inputHash(['rewrite', app.config.STORYREEL_TEXT_MODEL, messages, 2_000, 0.8, undefined]));
    expect(Object.keys(inputs ?? {}).sort()).toEqual(['feedback', 'limits', 'model', 'prompt', 'topic']);
  });

  test('that cannot be are refused by their field', async () => {
    const settings = { language: 'a language', frame: '9:0' };
    const refusal = await app.client.create({ topic, settings }).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(StoryreelError);
    expect(refusal).toMatchObject({ type: 'Project.Invalid' });
    expect((refusal as Error).message).toMatch(/settings\.language: must be .*settings\.frame: must be /);
    for (const wrong of [{ language: 'xx' }, { frame: '1:9' }, { frame: '10x10' }, { frame: '' }]) {
      await expect(app.client.edit(film, { settings: wrong })).rejects.toMatchObject({ type: 'Project.Invalid' });
    }
  });
});
