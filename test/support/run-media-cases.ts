import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { imageSize } from 'image-size';
import { measureClip } from '../../src/activities/media/measure-clip';
import { GeneratedImage, GeneratedVideo, ModelProvider, Project, Scene } from '../../src/entities';
import type { ProjectId } from '../../src/protocol';
import { mediaKey } from '../../src/storage';
import type { MediaCase } from './media-cases';
import { createOwnDatabase, type OwnDatabase } from './own-database';
import { ScriptedMedia } from './scripted-media';
import { fromSetup, startApp, type TestApp } from './services';
import { ownTopic } from './stories';
import { StudioControl } from './studio-control';
import { until } from './until';

const FFMPEG = fromSetup('STORYREEL_FFMPEG');
const FRAME = '64x36';

/** The files of the scripted provider, made when they are asked for first. */
class Files {
  private readonly made = new Map<string, Promise<Buffer>>();

  constructor(private readonly folder: string) {}

  of(name: string): Promise<Buffer> {
    const file = this.made.get(name) ?? this.make(name);
    this.made.set(name, file);
    return file;
  }

  private async make(name: string): Promise<Buffer> {
    if (name === 'cut.png') return (await this.of('large.png')).subarray(0, 200);
    const [, what = '', seconds] = /^(picture|large|clip)(?:-([\d.]+))?\./.exec(name) ?? [];
    if (what === '') throw new Error(`there is no ${name}`);
    const size = what === 'large' ? '256x256' : FRAME;
    const length = seconds === undefined ? ['-frames:v', '1'] : ['-t', seconds, '-pix_fmt', 'yuv420p'];
    const path = join(this.folder, name);
    await promisify(execFile)(FFMPEG, ['-v', 'error', '-f', 'lavfi', '-i', `testsrc=s=${size}:r=24`, ...length, path]);
    return readFile(path);
  }
}

/** Runs whole films at a scripted provider, one a case, all side by side. */
export function runMediaCases(cases: readonly MediaCase[]): void {
  let app: TestApp;
  let database: OwnDatabase;
  let folder: string;
  let provider: ScriptedMedia;
  const studio = new StudioControl();
  /** All of them are under way while the first is looked at. */
  const runs = new Map<string, ReturnType<typeof run>>();

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'storyreel-media-'));
    const files = new Files(folder);
    provider = new ScriptedMedia((name) => files.of(name));
    await provider.start();
    database = await createOwnDatabase();
    app = await startApp({
      DATABASE_URL: database.url,
      PROVIDER_MEDIA_HOSTS: provider.otherHost,
      FRAME_SIZE: FRAME,
      VIDEO_POLL_MS: '50',
      FILM_CONCURRENCY: '4',
    });
    for (const each of cases) {
      const running = run(each);
      running.catch(() => undefined);
      runs.set(each.name, running);
    }
  });
  afterAll(async () => {
    await Promise.allSettled(runs.values());
    await app.close();
    await provider.stop();
    await database.drop();
    await rm(folder, { recursive: true });
  });

  let opened: Promise<unknown> = Promise.resolve();
  let rows = 0;

  /** Each run has models of its own: what is learned of one must not spare another the refusal. */
  function begin(topic: string): Promise<ProjectId> {
    const mine = opened.then(async () => {
      const { manager } = database.dataSource;
      const common = { baseUrl: provider.baseUrl, model: `m-${++rows}`, apiKeyFrom: null, priority: -rows };
      await manager.insert(ModelProvider, [
        { ...common, name: `painter-${rows}`, kind: 'image' },
        { ...common, name: `camera-${rows}`, kind: 'video' },
      ]);
      const projectId = await app.client.create({ topic, settings: { scenes: 1 } });
      await app.client.start(projectId);
      await until('the run has chosen its models', async () => {
        const project = await manager.findOneByOrFail(Project, { id: projectId });
        return project.runSettings !== null;
      });
      return projectId;
    });
    opened = mine.catch(() => undefined);
    return mine;
  }

  async function run(each: MediaCase): Promise<{ projectId: ProjectId; ends: string; paid: object }> {
    const { topic, mark } = ownTopic();
    await studio.writeAbout(mark);
    const tale = provider.tell(mark, each);
    const projectId = await begin(topic);
    const end = await until(`an end of "${each.name}"`, async (saw) => {
      const { status, lanes } = saw(await app.client.status(projectId));
      if (status === 'completed') return { ends: 'film', lanes };
      const parked = lanes.find((lane) => lane.status === 'needs_attention');
      return parked && { ends: parked.error?.type ?? 'unknown', lanes, error: parked.error };
    });
    return { projectId, ends: end.ends, paid: { ...tale.paid } };
  }

  test.each(cases.map((each) => [each.name, each] as const))('%s', async (name, each) => {
    const { projectId, ends, paid } = (await runs.get(name)) ?? (await run(each));
    const isImage = each.image !== undefined;
    const { images = 1, clips = isImage && each.ends !== 'film' ? 0 : 1 } = each;
    expect({ ends, paid }).toEqual({ ends: each.ends, paid: { images, clips } });
    if (ends === 'film') await expectFitting(projectId);
  });

  async function expectFitting(projectId: ProjectId): Promise<void> {
    const { manager } = database.dataSource;
    const { id: sceneId, durationSeconds } = await manager.findOneByOrFail(Scene, { projectId });
    const image = await manager.findOneByOrFail(GeneratedImage, { sceneId });
    expect(['image/png', 'image/jpeg']).toContain(image.mediaType);
    const picture = await readFile(join(app.config.MEDIA_DIR, mediaKey(image.sha256, image.mediaType)));
    expect(imageSize(picture)).toMatchObject({ width: 64, height: 36 });
    const { sha256 } = await manager.findOneByOrFail(GeneratedVideo, { sceneId });
    const path = join(app.config.MEDIA_DIR, mediaKey(sha256 ?? '', 'video/mp4'));
    const { seconds } = await measureClip(FFMPEG, path, durationSeconds, new AbortController().signal);
    expect(Math.abs(seconds - durationSeconds)).toBeLessThan(0.1);
  }
}
