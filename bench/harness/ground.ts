import { mkdirSync, rmSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { join, resolve } from 'node:path';
import { startStack, type Stack } from '../../dev/stack';
import { createDataSource, migrate } from '../../src/entities';
import type { Answer } from '../stand-in/answers';
import type { Services } from './adapter';
import { Child } from './child';

const root = resolve(__dirname, '..', '..', '..');

/** The services of all paths of a run: embedded Temporal, Postgres and Redis, and the stand-in provider. */
export class Ground {
  private constructor(
    readonly stack: Stack,
    readonly services: Services,
    private readonly standIn: Child,
    private readonly standInUrl: string,
    private readonly folder: string,
  ) {}

  static async open(report: (line: string) => void): Promise<Ground> {
    const folder = join(root, '.storyreel', `bench-${randomUUID().slice(0, 8)}`);
    mkdirSync(folder, { recursive: true });
    const stack = await startStack({
      stateDir: folder,
      env: { STORYREEL_TOOLS_DIR: join(root, '.storyreel', 'tools'), ...process.env },
      persistent: false,
      report: ({ service, message }) => report(`${service} ${message}`),
    });
    const dataSource = createDataSource({ url: stack.postgres.url });
    await dataSource.initialize();
    await migrate(dataSource);
    await dataSource.destroy();
    const main = join(__dirname, '..', 'stand-in', 'main.js');
    const { child, hello } = await Child.start<{ url: string }>(process.execPath, [main]);
    const services: Services = {
      providerUrl: `${hello.url}/v1`,
      redisUrl: stack.redis.url,
      databaseUrl: stack.postgres.url,
      temporalAddress: stack.temporal.address,
      scratch: join(folder, 'scratch'),
    };
    mkdirSync(services.scratch, { recursive: true });
    return new Ground(stack, services, child, hello.url, folder);
  }

  /**
   * A new round: earlier answers are forgotten. Without `tokens` answers continue until `finish`; with `together` the first tokens
   * come when so many answers were asked for.
   */
  begin(rate: number, { tokens, together }: { tokens?: number; together?: number } = {}): Promise<unknown> {
    return this.post('begin', {
      rate,
      ...(tokens !== undefined && { tokens }),
      ...(together !== undefined && { together }),
    });
  }

  finish(): Promise<unknown> {
    return this.post('finish', {});
  }

  async answers(): Promise<Answer[]> {
    return (await (await fetch(`${this.standInUrl}/bench/answers`)).json()) as Answer[];
  }

  async close(): Promise<void> {
    await this.standIn.stop();
    await this.stack.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async post(what: string, body: object): Promise<unknown> {
    const response = await fetch(`${this.standInUrl}/bench/${what}`, { method: 'POST', body: JSON.stringify(body) });
    if (!response.ok) throw new Error(`the stand-in answered ${response.status}`);
    return response.json();
  }
}
