import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { DataSource } from 'typeorm';
import { ModelUsage, Scene } from '../../src/entities';
import { coloursIn, cuesIn, pictureOf } from '../support/films';
import { startApp, type TestApp } from '../support/services';
import { ownTopic, watchToEnd } from '../support/stories';
import { rowsOf } from '../support/app-rows';

/** A video service whose jobs are done at once; the clip of each is the next of these, the last one over and over. */
class ClipServer {
  readonly jobs: string[] = [];
  clips: readonly Buffer[] = [];
  private readonly server: Server;

  constructor() {
    this.server = createServer((request, response) => {
      const [, id, content] = /\/videos\/(\d+)(\/content)?$/.exec(request.url ?? '') ?? [];
      if (content !== undefined) {
        response.writeHead(200, { 'content-type': 'application/octet-stream' });
        response.end(this.clips[Math.min(Number(id), this.clips.length - 1)]);
        return;
      }
      if (id === undefined) this.jobs.push(String(this.jobs.length));
      request.resume().on('end', () => {
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end(
          JSON.stringify({ id: id ?? this.jobs.at(-1), object: 'video', status: 'completed', progress: 100 }),
        );
      });
    }).listen(0, '127.0.0.1');
  }

  async url(): Promise<string> {
    if (!this.server.listening) await once(this.server, 'listening');
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/v1`;
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}

describe('A clip that cannot be shown', () => {
  const service = new ClipServer();
  let app: TestApp;
  let dataSource: DataSource;

  beforeAll(async () => {
    app = await startApp({ STORYREEL_VIDEO_BASE_URL: await service.url() });
    dataSource = await rowsOf(app);
  });
  afterAll(async () => {
    await app.close();
    service.close();
  });

  test('ends its job, which is paid, and another one makes the clip that the film is measured by', async () => {
    const good = await pictureOf(app.config, '#2020c0', 6);
    service.clips = [good.subarray(0, Math.floor(good.length * 0.6)), good];
    const projectId = await app.client.create({ topic: ownTopic().topic, settings: { scenes: 1 } });
    await app.client.start(projectId);
    await watchToEnd(app.client, projectId);

    const { film } = await app.client.status(projectId);
    expect(service.jobs).toHaveLength(2);
    // A longer clip is cut to what the scene asks for.
    const { narration, durationSeconds } = await dataSource.getRepository(Scene).findOneByOrFail({ projectId });
    expect(film?.duration).toBe(durationSeconds);
    const path = join(app.config.MEDIA_DIR, film?.asset ?? '');
    expect(await coloursIn(app.config, path)).toEqual(Array.from({ length: durationSeconds * 24 }, () => 'blue'));
    const said = (await cuesIn(app.config, path)).map(({ text }) => text).join('');
    expect(said.replace(/\s/g, '')).toBe(narration.replace(/\s/g, ''));
    expect((await readFile(path)).length).toBe(film?.bytes);

    const where = { projectId, lane: 'video_generation/1' as const };
    const calls = await dataSource.getRepository(ModelUsage).find({ where, order: { fence: 'ASC' } });
    expect(calls).toMatchObject([{ outcome: 'wasted', estimated: false }, { outcome: 'useful' }]);
    expect(calls[0]?.units).toBe(calls[1]?.units);
  });
});
