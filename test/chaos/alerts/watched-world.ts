import { join } from 'node:path';
import { StoryClient } from '../../../src/client';
import { readConfig, type Config } from '../../../src/config';
import { ModelProvider } from '../../../src/entities';
import type { ProjectId } from '../../../src/protocol';
import { freeAddress } from '../../../src/worker/free-address';
import { projectFile } from '../../architecture/project-files';
import { createOwnDatabase, type OwnDatabase } from '../../support/own-database';
import { OwnRedis } from '../../support/own-redis';
import { PRICES } from '../../support/priced-app';
import { Prometheus } from '../../support/prometheus';
import { fromSetup, testEnv } from '../../support/services';
import { ownTopic } from '../../support/stories';
import { StudioControl } from '../../support/studio-control';
import { TcpProxy } from '../../support/tcp-proxy';
import { until } from '../../support/until';
import { WorkerProcess } from '../../support/worker-process';

/** How long a fault must last is left out: promtool's tests see to it. */
const RULES = projectFile('docs/grafana/alerts.yml').replaceAll(/^ +for: .*\n/gm, '');

export interface Begun {
  readonly projectId: ProjectId;
  readonly mark: string;
}

/**
 * A worker as operators run it, with a network of its own to each service, a database and a Redis of its own, and a real
 * Prometheus that scrapes it and evaluates the alerts.
 */
export class WatchedWorld {
  readonly studio = new StudioControl();
  client!: StoryClient;
  config!: Config;
  database!: OwnDatabase;
  redis!: OwnRedis;
  prometheus!: Prometheus;
  worker!: WorkerProcess;
  successor: WorkerProcess | undefined;
  readonly ways = {} as Record<'temporal' | 'postgres' | 'redis', TcpProxy>;
  private env!: Record<string, string>;
  private readonly metrics: string[] = [];

  async open(): Promise<void> {
    this.database = await createOwnDatabase();
    const common = { baseUrl: fromSetup('STORYREEL_TEST_STUDIO_URL'), model: 'm', apiKeyFrom: null };
    await this.database.dataSource.getRepository(ModelProvider).insert([
      { ...common, name: 'writer', kind: 'text', prices: PRICES.text },
      { ...common, name: 'painter', kind: 'image', prices: PRICES.image },
      { ...common, name: 'camera', kind: 'video', prices: PRICES.video },
    ]);
    this.redis = await OwnRedis.start();
    this.env = testEnv({
      DATABASE_URL: this.database.url,
      REDIS_URL: this.redis.url,
      DATABASE_POOL_SIZE: '4',
      MEDIA_DIR: join(fromSetup('STORYREEL_TEST_FOLDER'), 'watched-media'),
    });
    this.metrics.push(await freeAddress(), await freeAddress());
    this.config = readConfig(this.env);
    this.client = await StoryClient.connect(this.config);
    this.worker = await WorkerProcess.start({
      ...this.env,
      METRICS_ADDRESS: this.metrics[0] ?? '',
      TEMPORAL_ADDRESS: await this.way('temporal', `tcp://${this.env['TEMPORAL_ADDRESS']}`),
      DATABASE_URL: await this.way('postgres', this.database.url),
      REDIS_URL: await this.way('redis', this.redis.url),
    });
    this.prometheus = await Prometheus.start([this.metrics[0] ?? ''], RULES);
  }

  /** A story of one scene, whose first texts are asked for under these faults. */
  async begin(faults: readonly Parameters<StudioControl['misbehave']>[2][] = [], budget?: number): Promise<Begun> {
    const { topic, mark } = ownTopic();
    for (const fault of faults) await this.studio.misbehave(mark, 'chat', fault);
    const projectId = await this.client.create({
      topic,
      settings: { scenes: 1 },
      ...(budget !== undefined && { budget }),
    });
    await this.client.start(projectId);
    return { projectId, mark };
  }

  /** On its own ways to the services. */
  async beginSuccessor(): Promise<void> {
    this.successor = await WorkerProcess.start(this.env);
  }

  fires(alert: string): Promise<unknown> {
    return until(`${alert} fires`, async (saw) => saw(await this.prometheus.firing()).includes(alert));
  }

  ceases(alert: string): Promise<unknown> {
    return until(`${alert} fires no more`, async (saw) => !saw(await this.prometheus.firing()).includes(alert));
  }

  async close(): Promise<void> {
    await this.worker.kill();
    await this.successor?.kill();
    await this.client.close();
    await this.prometheus.close();
    for (const way of Object.values(this.ways)) await way.close();
    await this.database.drop();
    await this.redis.remove();
  }

  private async way(name: 'temporal' | 'postgres' | 'redis', target: string): Promise<string> {
    const url = new URL(target);
    const proxy = (this.ways[name] = await TcpProxy.start(Number(url.port)));
    url.port = String(proxy.port);
    url.hostname = '127.0.0.1';
    return name === 'temporal' ? url.host : url.href;
  }
}
