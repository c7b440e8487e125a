import { fork, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { readConfig, StoryClient } from '../../src/client';
import { createDataSource, Lane } from '../../src/entities';
import { laneId, type ProjectId } from '../../src/protocol';
import { openRedis } from '../../src/stream';
import type { Services } from '../harness/adapter';
import { nowMicros } from '../stand-in/clock';
import { tokenText } from '../stand-in/token';

/** A text that grows before viewers. */
export interface Story {
  readonly path: string;
  /** The next token. */
  write(): Promise<void>;
}

/** A server of streams, in a process of its own. */
export interface Served {
  readonly name: string;
  readonly pid: number;
  readonly port: number;
  /** Whether it announces to a viewer that nothing is missing. */
  readonly marks: boolean;
  story(): Promise<Story>;
  close(): Promise<void>;
}

const ifItRuns = (prefix: readonly string[]) => {
  const [program = '', ...args] = prefix;
  return spawnSync(program, [...args, 'true']).status === 0 ? prefix : [];
};

/** The first core is the server's alone, where there are several: readers and the writer have the others. */
export const ONE_CORE = cpus().length > 1 ? ifItRuns(['taskset', '-c', '0']) : [];

/** A program that is started with it dies with the benchmark, also if that is interrupted or killed. */
export const WITH_US = ifItRuns(['setpriv', '--pdeathsig', 'KILL']);

/** What a server is started with. */
export const AS_SERVER = [...WITH_US, ...ONE_CORE];

export const tokenAt = (index: number) => tokenText(index, nowMicros());

/** Resolves when the process is gone. */
export async function endOf(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill(signal);
  await gone;
}

/** Our gateway, and the log that workers write. */
export class Gateway implements Served {
  readonly name: string = 'gateway';
  readonly marks = true;

  private constructor(
    private child: ChildProcess,
    readonly port: number,
    readonly startedMs: number,
    readonly client: StoryClient,
    private readonly redis: ReturnType<typeof openRedis>,
    private readonly database: ReturnType<typeof createDataSource>,
    readonly env: Readonly<Record<string, string>>,
  ) {}

  static async start({ databaseUrl, redisUrl, temporalAddress, providerUrl }: Services): Promise<Gateway> {
    const env = {
      DATABASE_URL: databaseUrl,
      REDIS_URL: redisUrl,
      TEMPORAL_ADDRESS: temporalAddress,
      OPENAI_BASE_URL: providerUrl,
      OPENAI_API_KEY: 'bench',
      STORYREEL_TEXT_MODEL: 'bench',
    };
    const { child, port, startedMs } = await Gateway.run(env, '127.0.0.1:0');
    const config = readConfig(env);
    const redis = openRedis(config);
    await redis.log.ready(5_000);
    const database = await createDataSource({ url: databaseUrl }).initialize();
    return new Gateway(child, port, startedMs, await StoryClient.connect(config), redis, database, env);
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async story(): Promise<Story & { readonly projectId: ProjectId }> {
    const projectId = await this.client.create({ topic: 'a fox' });
    const { log } = this.redis;
    // Claimed as by an attempt: a snapshot has the texts of claimed lanes only.
    const [stage, writer] = ['rewrite', { projectId, lane: laneId('rewrite'), fence: Date.now() * 1000, attempt: 1 }];
    await this.database.getRepository(Lane).insert({ ...writer, stage, sequenceNumber: null, status: 'processing' });
    await log.publish({ projectId, stage, writer, events: [{ type: 'stage_update', status: 'processing' }] });
    let [index, offset] = [0, 0];
    return {
      projectId,
      path: `/v1/projects/${projectId}/events`,
      async write() {
        const text = tokenAt(index++);
        const at = offset;
        offset += text.length;
        await log.append({ writer, offset: at, text });
      },
    };
  }

  /** Resolves with the milliseconds until the process was gone. */
  async end(signal: NodeJS.Signals): Promise<number> {
    const began = performance.now();
    await endOf(this.child, signal);
    return performance.now() - began;
  }

  /** Another process at the same address. */
  async startAgain(): Promise<void> {
    this.child = (await Gateway.run(this.env, `127.0.0.1:${this.port}`)).child;
  }

  async close(): Promise<void> {
    await this.end('SIGKILL');
    await this.redis.close();
    await this.database.destroy();
    await this.client.close();
  }

  private static async run(env: Gateway['env'], address: string) {
    const began = performance.now();
    const cli = join(__dirname, '..', '..', 'src', 'cli', 'main.js');
    const [program = '', ...args] = [...AS_SERVER, process.execPath, cli, 'gateway'];
    const child = spawn(program, args, {
      env: { ...process.env, ...env, GATEWAY_ADDRESS: address },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
    return { child, port: Number(new URL(line).port), startedMs: performance.now() - began };
  }
}

/** One buffer to each socket. */
export async function startBareLoop(): Promise<Served> {
  const [first, ...others] = [...AS_SERVER, process.execPath];
  const loop = fork(join(__dirname, 'bare-loop.js'), { ...(first && { execPath: first, execArgv: others }) });
  const [{ port }] = (await once(loop, 'message')) as [{ port: number }];
  return {
    name: 'bare loop',
    pid: loop.pid ?? 0,
    port,
    marks: true,
    story: async () => {
      let index = 0;
      return {
        path: '/',
        write: async () => {
          loop.send(tokenAt(index++));
        },
      };
    },
    close: () => endOf(loop, 'SIGTERM'),
  };
}
