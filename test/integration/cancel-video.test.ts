import type { DataSource } from 'typeorm';
import { GeneratedVideo } from '../../src/entities';
import { OpenAiVideo } from '../../src/providers';
import type { ProjectId } from '../../src/protocol';
import { startApp, type TestApp } from '../support/services';
import { ownTopic, watchToEnd } from '../support/stories';
import { StudioControl } from '../support/studio-control';
import { until } from '../support/until';
import { StudioUnderTest } from './studio-support';
import { rowsOf } from '../support/app-rows';

/** Far longer than the test: its jobs are under way whenever it looks. */
const JOB_MS = 120_000;

describe('The video job of a run that is cancelled', () => {
  const chat = new StudioControl();
  let films: StudioUnderTest;
  let app: TestApp;
  let dataSource: DataSource;
  beforeAll(async () => {
    films = await StudioUnderTest.start({ videoDelayMs: JOB_MS });
    app = await startApp({ STORYREEL_VIDEO_BASE_URL: films.url });
    dataSource = await rowsOf(app);
  });
  afterAll(async () => {
    await app.close();
    await films.stop();
  });

  const jobs = async (projectId: ProjectId) =>
    (await films.jobs('')).filter(({ idempotencyKey }) => idempotencyKey?.startsWith(projectId));
  const row = async (projectId: ProjectId) => dataSource.manager.findOneBy(GeneratedVideo, { projectId });

  /** Runs until its only job has been asked for, so often. */
  async function runUntilJob(projectId: ProjectId, submission: number): Promise<void> {
    await app.client.start(projectId);
    await until('the job is under way', async () => {
      const found = await row(projectId);
      return found?.status === 'submitted' && found.submission === submission;
    });
    const polls = () => films.requests('').then((all) => all.filter(({ kind }) => kind === 'video_poll').length);
    const before = await polls();
    await until('it is polled', async () => (await polls()) > before);
  }

  async function cancel(projectId: ProjectId): Promise<void> {
    expect(await app.client.cancel(projectId)).toEqual({ kind: 'requested' });
    await watchToEnd(app.client, projectId);
  }

  test('is ended at the provider, and the next run asks for a new one', async () => {
    const projectId = await app.client.create({ topic: ownTopic().topic, settings: { scenes: 1 } });
    await runUntilJob(projectId, 1);
    await cancel(projectId);
    await until('its row states it', async () => (await row(projectId))?.status === 'cancelled');
    expect(await jobs(projectId)).toMatchObject([{ deleted: true }]);
    await runUntilJob(projectId, 2);
    expect(await jobs(projectId)).toMatchObject([{ deleted: true }, { deleted: false }]);
    await cancel(projectId);
  });

  test('that the provider will not end is gone on with by the next run, and not paid for twice', async () => {
    const { topic, mark } = ownTopic();
    await chat.writeAbout(mark);
    await films.plan({ match: mark, kind: 'video_delete', fault: { status: 409 }, times: 1 });
    const projectId = await app.client.create({ topic, settings: { scenes: 1 } });
    await runUntilJob(projectId, 1);
    await cancel(projectId);
    await until('it was asked', async () =>
      (await films.requests(mark)).some(({ kind, status }) => kind === 'video_delete' && status === 409),
    );
    await runUntilJob(projectId, 1);
    expect(await jobs(projectId)).toMatchObject([{ deleted: false }]);
    await cancel(projectId);
  });

  test('that has just been finished is kept', async () => {
    const studio = await StudioUnderTest.start();
    const video = new OpenAiVideo({ baseUrl: studio.url, apiKey: 'none', model: 'm' });
    const signal = AbortSignal.timeout(20_000);
    const image = { bytes: Buffer.from(PIXEL, 'base64'), mediaType: 'image/png' };
    const order = { size: '64x64', seconds: 0.1 };
    const job = { prompt: 'Camera: static', image, order, wanted: order, idempotencyKey: 'one' };
    const { jobId } = await video.submit(job, signal);
    await until('it is finished', async () => (await video.poll(jobId, signal)).status === 'completed');
    expect(await video.cancel(jobId, signal)).toBe(false);
    let bytes = 0;
    await video.download(jobId, undefined, async (part) => void (bytes += part.length), signal);
    expect(bytes).toBeGreaterThan(0);
    expect(await video.cancel('video_unknown', signal)).toBe(true);
    await studio.stop();
  });
});

const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
