import { join } from 'node:path';
import type { Services, Stream } from './adapter';
import { Child } from './child';
import type { Latencies, Shown } from './tally';

const read = join(__dirname, 'read.js');

/** A process with a path's viewers. */
export class Viewers {
  private constructor(private readonly child: Child) {}

  static async open(module: string, services: Services): Promise<Viewers> {
    const env = { BENCH_SERVICES: JSON.stringify(services) };
    return new Viewers((await Child.start(process.execPath, ['--expose-gc', read, module], env)).child);
  }

  get pid(): number {
    return this.child.pid;
  }

  async watch(streams: readonly Stream[]): Promise<void> {
    await this.child.ask({ watch: streams });
  }

  /** The latencies of tokens written in this window, in microseconds of the shared clock. */
  latencies(from: number, to: number): Promise<Latencies> {
    return this.child.ask({ latencies: { from, to } });
  }

  /** The verdict on the text that each viewer sees, given the number of tokens of its whole text. */
  async shown(expected: Readonly<Record<string, number>>): Promise<Readonly<Record<string, Shown>>> {
    return (await this.child.ask<{ shown: Readonly<Record<string, Shown>> }>({ shown: expected })).shown;
  }

  /** Bytes of JavaScript memory in use after a collection; what was noted until now is forgotten. */
  async heap(): Promise<number> {
    return (await this.child.ask<{ heap: number }>({ memory: true })).heap;
  }

  close(): Promise<void> {
    return this.child.stop();
  }
}
