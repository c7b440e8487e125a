import { join } from 'node:path';
import { StoryClient } from '../../src/client';
import { readConfig } from '../../src/config';
import type { ProjectId } from '../../src/protocol';
import type { Services, Stream } from '../harness/adapter';
import { Child } from '../harness/child';
import { environment } from './storyreel';

/** A way to bring tokens from a provider to viewers, ready to run. */
export interface Path {
  readonly name: string;
  /** One line for the table. */
  readonly what: string;
  /** The compiled module with the viewers' half. */
  readonly reader: string;
  open(services: Services): Promise<OpenPath>;
}

export interface OpenPath {
  /** The process that reads the provider. */
  readonly worker: number;
  prepare(labels: readonly string[]): Promise<Stream[]>;
  run(streams: readonly Stream[]): Promise<void>;
  /** Kills the worker as a crash does, and starts another one. */
  crash(): Promise<void>;
  close(): Promise<void>;
}

const here = (name: string) => join(__dirname, `${name}.js`);
/** Runs the producer of a module. */
export const produce = join(__dirname, '..', 'harness', 'produce.js');

/** A path whose producer is started by a command that uses the harness' line protocol. */
export function commandPath(
  options: Pick<Path, 'name' | 'what' | 'reader'> & {
    readonly command: (services: Services) => Promise<readonly [command: string, ...args: string[]]>;
    readonly env?: (services: Services) => Promise<Readonly<Record<string, string>>>;
  },
): Path {
  return {
    ...options,
    async open(services) {
      const start = async () => {
        const [command, ...args] = await options.command(services);
        const env = { BENCH_SERVICES: JSON.stringify(services), ...(await options.env?.(services)) };
        return (await Child.start(command, args, env)).child;
      };
      let child = await start();
      return {
        get worker() {
          return child.pid;
        },
        prepare: async (labels) => labels.map((label) => ({ label, handle: label })),
        run: async (streams) => void (await child.ask({ run: streams })),
        crash: async () => {
          await child.kill('SIGKILL');
          child = await start();
        },
        close: () => child.stop(),
      };
    },
  };
}

/** A path whose module has both halves. */
export function modulePath(name: string, what: string, module: string): Path {
  return commandPath({ name, what, reader: module, command: async () => [process.execPath, produce, module] });
}

export const bareLoop = modulePath(
  'bare loop',
  'openai SDK iteration → PUBLISH per token; nothing durable',
  here('bare-loop'),
);

const worker = join(__dirname, '..', 'harness', 'worker.js');

/** The product as it is: `storyreel worker`, a story's workflow for each text, `client.watch`. */
export const storyreel: Path = {
  name: 'storyreel',
  what: 'story workflow on Temporal, fenced log, result in Postgres',
  reader: here('storyreel'),
  async open(services) {
    const env = environment(services);
    const client = await StoryClient.connect(readConfig(env));
    const start = async () => (await Child.start(process.execPath, [worker], env)).child;
    let child = await start();
    return {
      get worker() {
        return child.pid;
      },
      prepare: (labels) =>
        Promise.all(labels.map(async (label) => ({ label, handle: await client.create({ topic: label }) }))),
      run: async (streams) => {
        for (const { handle } of streams) await client.start(handle as ProjectId, { onFailure: 'fail' });
      },
      crash: async () => {
        await child.kill('SIGKILL');
        child = await start();
      },
      close: async () => {
        await client.close();
        await child.stop();
      },
    };
  },
};
