import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { PortBook } from '../../dev/stack/ports';
import { identify, isAlive, type ProcessIdentity } from '../../dev/stack/process-identity';
import { ProcessTable } from '../../dev/stack/process-table';
import { projectRoot } from '../../dev/stack/project-root';
import { answers, findRedis, urlOf } from '../../dev/stack/redis';
import { runService } from '../../dev/stack/run-service';
import type { StackContext } from '../../dev/stack/stack-types';
import { prepareStateDir, toolsDirOf } from '../../dev/stack/state-dir';
import { until } from './until';

const STATE = join(projectRoot(), '.storyreel');

/** Redis servers of a suite's own, which it may break. None outlives the suite, however that ends. */
export class RedisServers {
  private constructor(
    private readonly context: StackContext,
    private readonly program: string,
  ) {}

  static async open(): Promise<RedisServers> {
    const folder = join(STATE, `test-redis-${randomUUID().slice(0, 8)}`);
    prepareStateDir(folder);
    const context: StackContext = {
      ...{ stateDir: folder, toolsDir: toolsDirOf(STATE, process.env), env: process.env, persistent: false },
      ...{ ports: new PortBook(folder, false), processes: ProcessTable.open(folder) },
      signal: new AbortController().signal,
      report: () => undefined,
    };
    return new RedisServers(context, await findRedis(context));
  }

  async start(): Promise<RedisServer> {
    const name = `redis ${randomUUID().slice(0, 8)}`;
    const server = new RedisServer(this.context, this.program, await this.context.ports.take(name));
    await server.start();
    return server;
  }

  async stop(): Promise<void> {
    await this.context.processes.stopAll();
    rmSync(this.context.stateDir, { recursive: true, force: true });
  }
}

/** One server that keeps nothing on disk: killed, it comes back empty at the same address. */
export class RedisServer {
  private identity: ProcessIdentity | undefined;

  constructor(
    private readonly context: StackContext,
    private readonly program: string,
    readonly port: number,
  ) {}

  get url(): string {
    return urlOf(this.port);
  }

  async start(): Promise<void> {
    const stateDir = join(this.context.stateDir, String(this.port));
    prepareStateDir(stateDir);
    const place = ['--bind', '127.0.0.1', '--port', String(this.port), '--dir', stateDir];
    const args = [...place, '--appendonly', 'no', '--save', ''];
    const pid = await runService(
      { ...this.context, stateDir },
      () => Promise.resolve({ name: 'redis', program: this.program, args, stopSignal: 'SIGTERM' }),
      (started) => answers(this.url, started),
      10_000,
    );
    this.identity = identify(pid);
  }

  async kill(): Promise<void> {
    const { identity } = this;
    this.signal('SIGKILL');
    await until('the server is gone', () => !identity || !isAlive(identity));
  }

  /** It answers no more, and its connections stay open. */
  freeze(): void {
    this.signal('SIGSTOP');
  }

  thaw(): void {
    this.signal('SIGCONT');
  }

  private signal(signal: NodeJS.Signals): void {
    if (!this.identity) throw new Error('the server does not run');
    process.kill(this.identity.pid, signal);
  }
}
