import { randomUUID } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PortBook } from '../stack/ports';
import { ProcessTable } from '../stack/process-table';
import { projectRoot } from '../stack/project-root';
import { answers, urlOf } from '../stack/redis';
import { findFlavour, type Flavour } from '../stack/redis-program';
import { runService } from '../stack/run-service';
import type { StackContext } from '../stack/stack-types';
import { prepareStateDir, toolsDirOf } from '../stack/state-dir';
import { until } from './until';

export const FLAVOURS: readonly Flavour[] = ['Redis 7', 'Valkey'];

export interface RedisServer {
  readonly url: string;
  readonly port: number;
  /** Ends it with -9 and returns when it has ended. */
  kill(): Promise<void>;
  /** Starts it again at its port, with the data that it had written or with none. Returns when it answers. */
  startAgain(data: 'kept' | 'gone'): Promise<void>;
  /** It answers no more, and its connections stay open. */
  freeze(): void;
  thaw(): void;
}

const STATE = join(projectRoot(), '.storyreel');
const BOUND_MS = 15_000;

/** Real servers for one suite; all of them end with it, however it ends. */
export class RedisServers {
  private constructor(
    private readonly folder: string,
    private readonly context: StackContext,
  ) {}

  static open(): RedisServers {
    const folder = join(STATE, `test-redis-${randomUUID().slice(0, 8)}`);
    prepareStateDir(folder);
    return new RedisServers(folder, {
      stateDir: folder,
      toolsDir: toolsDirOf(STATE, process.env),
      env: process.env,
      persistent: false,
      ports: new PortBook(folder, false),
      processes: ProcessTable.open(folder),
      signal: new AbortController().signal,
      // That a server ends, which a test kills, is no news.
      report: ({ service, message }) => {
        if (message.startsWith('fetch')) process.stderr.write(`  ${service} ${message}\n`);
      },
    });
  }

  /** Starts a server that stores nothing, unless `more` changes that. */
  start(flavour: Flavour = 'Valkey', more: readonly string[] = []): Promise<RedisServer> {
    return this.run(flavour, (port, dir) => [...place(port, dir), '--save', '', ...more]);
  }

  /** A sentinel that watches the master as `mymaster`, alone, and is quick to replace it. */
  startSentinel(flavour: Flavour, master: RedisServer): Promise<RedisServer> {
    return this.run(flavour, (port, dir) => {
      const file = join(dir, 'sentinel.conf');
      const lines = [
        `sentinel monitor mymaster 127.0.0.1 ${master.port} 1`,
        'sentinel down-after-milliseconds mymaster 500',
        'sentinel failover-timeout mymaster 2000',
      ];
      writeFileSync(file, `${lines.join('\n')}\n`);
      return [file, '--sentinel', ...place(port, dir)];
    });
  }

  private async run(flavour: Flavour, argsOf: (port: number, dir: string) => string[]): Promise<RedisServer> {
    const program = await findFlavour(this.context, flavour);
    const name = `redis-${randomUUID().slice(0, 8)}`;
    const stateDir = join(this.folder, name);
    const dataDir = join(stateDir, 'data');
    prepareStateDir(stateDir);
    let port: number | undefined;
    let pid = 0;
    const start = async () => {
      prepareStateDir(dataDir);
      pid = await runService(
        { ...this.context, stateDir },
        async () => {
          port ??= await this.context.ports.take(name);
          return { name: 'redis', program, args: argsOf(port, dataDir), stopSignal: 'SIGKILL' };
        },
        (started) => answers(urlOf(port ?? 0), started),
        BOUND_MS,
      );
    };
    await start();
    return {
      port: port ?? 0,
      url: urlOf(port ?? 0),
      kill: async () => {
        process.kill(pid, 'SIGKILL');
        await until('the server has ended', () => !isThere(pid));
      },
      freeze: () => void process.kill(pid, 'SIGSTOP'),
      thaw: () => void process.kill(pid, 'SIGCONT'),
      startAgain: async (data) => {
        if (data === 'gone') rmSync(dataDir, { recursive: true, force: true });
        await start();
      },
    };
  }

  async close(): Promise<void> {
    await this.context.processes.stopAll();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** A port that nothing uses, for a cluster's bus. */
  port(use: string): Promise<number> {
    return this.context.ports.take(use);
  }
}

function place(port: number, dir: string): string[] {
  return ['--bind', '127.0.0.1', '--port', String(port), '--dir', dir];
}

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
