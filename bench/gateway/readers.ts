import { join } from 'node:path';
import { Child } from '../harness/child';
import type { Summary } from '../harness/summary';

export type Command =
  | {
      readonly do: 'open';
      readonly port: number;
      readonly paths: readonly string[];
      /** Viewers of each path. */
      readonly each: number;
      readonly marks: boolean;
      readonly withinMs: number;
    }
  | {
      readonly do: 'return';
      readonly port: number;
      readonly withinMs: number;
      readonly cursors: 'all' | 'half';
    }
  | { readonly do: 'stop reading'; readonly count: number }
  | { readonly do: 'clear' | 'report' | 'leave' };

export interface DirectCommand {
  /** Begins to watch it. Without it, only what was seen is asked for. */
  readonly project?: string;
}

export interface ReaderReport {
  readonly ages: Summary;
  readonly frames: number;
  readonly lost: number;
  readonly doubled: number;
  readonly snapshots: number;
  /** From the connection to the moment at which nothing was missing. */
  readonly caughtUpMs: { readonly p50: number; readonly p99: number; readonly max: number };
  /** The index of the next token of each viewer. */
  readonly next: readonly number[];
}

/** The parent's side of a process with viewers. */
export class Readers {
  private constructor(private readonly child: Child) {}

  static async start(): Promise<Readers> {
    const { child } = await Child.start(process.execPath, [join(__dirname, 'reader.js')]);
    return new Readers(child);
  }

  get pid(): number {
    return this.child.pid;
  }

  ask(command: Command): Promise<ReaderReport> {
    return this.child.ask(command);
  }

  /** Waits until every viewer has so many tokens, or nothing has come for a second. */
  async settled(tokens: number): Promise<ReaderReport> {
    let before = '';
    for (;;) {
      const report = await this.ask({ do: 'report' });
      const now = report.next.join();
      if (report.next.every((next) => next >= tokens) || now === before) return report;
      before = now;
      await new Promise((resolve) => setTimeout(resolve, 1_000));
    }
  }

  async close(): Promise<void> {
    await this.child.kill('SIGKILL');
  }
}
