import { randomUUID } from 'node:crypto';
import type { DataSource } from 'typeorm';
import { StoryClient, type WatchOptions } from '../../src/client';
import { readConfig } from '../../src/config';
import { createDataSource, Lane, Project, ProjectStage } from '../../src/entities';
import { laneId, type EventBody, type ProjectId, type StoryEvent } from '../../src/protocol';
import { connectRedis, RedisEventLog, whenReady, type EventLog } from '../../src/stream';
import { OwnRedis } from '../support/own-redis';
import { testEnv } from '../support/services';
import { sha256 } from '../support/stories';
import { until } from '../support/until';

export const REWRITE = laneId('rewrite');

/** A client, Postgres, a Redis of its own, and a pen for what workers would write. */
export class WatchedServices {
  private constructor(
    readonly redis: OwnRedis,
    readonly client: StoryClient,
    readonly dataSource: DataSource,
    readonly log: EventLog,
  ) {}

  static async start(): Promise<WatchedServices> {
    const redis = await OwnRedis.start();
    const config = readConfig(testEnv({ REDIS_URL: redis.url }));
    const dataSource = createDataSource({ url: config.DATABASE_URL, poolSize: 2 });
    await dataSource.initialize();
    const publisher = connectRedis(redis.url, 'publisher');
    await whenReady(publisher, 5_000);
    const log = new RedisEventLog(publisher, () => connectRedis(redis.url, 'subscriber'), {
      maxEntries: config.LOG_MAX_EVENTS,
      legacy: 'off',
    });
    return new WatchedServices(redis, await StoryClient.connect(config), dataSource, log);
  }

  async close(): Promise<void> {
    await this.client.close();
    await this.log.close();
    await this.dataSource.destroy();
    await this.redis.remove();
  }

  /** Starts Redis again, and resolves when the pen has noticed. */
  async startRedis(): Promise<void> {
    await this.redis.start();
    const answers = () => this.log.snapshot(randomUUID() as ProjectId);
    await until('the pen has its connection back', () => answers().then(Boolean, () => false));
  }

  async newProject(): Promise<WatchedProject> {
    return new WatchedProject(this, await this.client.create({ topic: 'a lighthouse keeper' }));
  }

  /** One whose rewrite is under way. */
  async begunProject(): Promise<WatchedProject> {
    const project = await this.newProject();
    await project.begin();
    return project;
  }
}

/** A project whose rows and events a test writes as a worker would. */
export class WatchedProject {
  private bytes = 0;
  private text = '';

  constructor(
    private readonly services: WatchedServices,
    readonly id: ProjectId,
  ) {}

  /** Begins a run. */
  async begin(): Promise<void> {
    const { dataSource } = this.services;
    await dataSource.getRepository(Project).update({ id: this.id }, { status: 'processing' });
    await dataSource.getRepository(Lane).insert({
      projectId: this.id,
      lane: REWRITE,
      stage: 'rewrite',
      status: 'processing',
      fence: 1,
      attempt: 1,
    });
    await dataSource.getRepository(ProjectStage).insert({ projectId: this.id, stage: 'rewrite', status: 'processing' });
    await this.tell('pipeline', { type: 'stage_update', status: 'processing' });
  }

  async write(...pieces: readonly string[]): Promise<void> {
    const writer = { projectId: this.id, lane: REWRITE, fence: 1, attempt: 1 };
    for (const text of pieces) {
      await this.services.log.append({ writer, offset: this.bytes, text });
      this.bytes += Buffer.byteLength(text);
      this.text += text;
    }
  }

  /** The whole text, because the log has none of it. */
  async writeAnew(text: string): Promise<void> {
    this.bytes = 0;
    this.text = '';
    await this.write(text);
  }

  /** The same, with as many appends on their way at once as there are pieces. */
  async writeAtOnce(pieces: readonly string[]): Promise<void> {
    const writer = { projectId: this.id, lane: REWRITE, fence: 1, attempt: 1 };
    const sent = pieces.map((text) => {
      const sending = this.services.log.append({ writer, offset: this.bytes, text });
      this.bytes += Buffer.byteLength(text);
      this.text += text;
      return sending;
    });
    await Promise.all(sent);
  }

  /** Stores the text that was written, or another one, and tells that it is stored. */
  async settle(stored = this.text): Promise<void> {
    await this.store(stored);
    await this.tell('rewrite', {
      type: 'done',
      metadata: { length: Buffer.byteLength(stored), sha256: sha256(stored) },
    });
  }

  async store(stored = this.text): Promise<void> {
    const { dataSource } = this.services;
    const [text, hash, textBytes] = [stored, sha256(stored), Buffer.byteLength(stored)];
    await dataSource
      .getRepository(ProjectStage)
      .update({ projectId: this.id, stage: 'rewrite' }, { status: 'completed', text, sha256: hash, textBytes });
    await dataSource
      .getRepository(Lane)
      .update({ projectId: this.id, lane: REWRITE }, { status: 'completed', settledFence: 1 });
  }

  /** Ends the run well. */
  async end(): Promise<void> {
    await this.services.dataSource.getRepository(Project).update({ id: this.id }, { status: 'completed' });
    const metadata = { completed_stages: 1, skipped_stages: 0, total_stages: 1 };
    await this.tell('pipeline', { type: 'pipeline_done', metadata });
  }

  watch(options: WatchOptions = {}): AsyncGenerator<StoryEvent, void, undefined> {
    return this.services.client.watch(this.id, options);
  }

  /** A viewer that reads as fast as it can. */
  view(options: WatchOptions = {}): View {
    const seen: StoryEvent[] = [];
    const ended = (async () => {
      for await (const event of this.watch(options)) seen.push(event);
      return seen;
    })();
    // Whoever asks for it is told; a test that ends early does not.
    ended.catch(() => undefined);
    return { seen, ended };
  }

  /** A viewer that has its snapshot. */
  async viewer(options: WatchOptions = {}): Promise<View> {
    const view = this.view(options);
    await until('the snapshot', () => view.seen.length > 0);
    return view;
  }

  private async tell(stage: string, ...events: readonly EventBody[]): Promise<void> {
    const writer = stage === 'rewrite' && { projectId: this.id, lane: REWRITE, fence: 1, attempt: 1 };
    await this.services.log.publish({ projectId: this.id, stage, events, ...(writer && { writer }) });
  }
}

export interface View {
  readonly seen: StoryEvent[];
  /** Resolves with all that was seen. */
  readonly ended: Promise<StoryEvent[]>;
}

/** The places on the log of all that came after a snapshot. */
export function placesOf(events: readonly StoryEvent[]): string[] {
  return events.flatMap((event) => (event.type === 'snapshot' || event.id === undefined ? [] : [event.id]));
}

export function verdictsOf(events: readonly StoryEvent[]): (boolean | undefined)[] {
  return events.flatMap((event) => (event.type === 'done' ? [event.verified] : []));
}
