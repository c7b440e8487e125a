import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { isAlive, type ProcessIdentity } from '../../dev/stack/process-identity';
import type { StoryEvent } from '../../src/protocol';
import { until } from './until';

const ROOT = resolve(__dirname, '..', '..');
const STATE = join(ROOT, '.storyreel');

export function newStateDir(): string {
  return mkdtempSync(join(STATE, 'test-start-'));
}

/** What a newcomer's shell has; only the fetched programs are shared. */
function cleanEnv(stateDir: string): NodeJS.ProcessEnv {
  const { PATH, HOME } = process.env;
  return { PATH, HOME, STORYREEL_STATE_DIR: stateDir, STORYREEL_TOOLS_DIR: join(STATE, 'tools') };
}

/** A running `npm start`, without npm. */
export class Start {
  stdout = '';
  stderr = '';
  private readonly ended: Promise<unknown>;

  private constructor(
    private readonly child: ChildProcess,
    private readonly stateDir: string,
  ) {
    this.ended = once(child, 'close');
    child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
  }

  static spawn(stateDir: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Start {
    const script = join(ROOT, 'dist', 'dev', 'start', 'main.js');
    const child = spawn(process.execPath, [script, ...args], {
      cwd: ROOT,
      env: { ...cleanEnv(stateDir), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return new Start(child, stateDir);
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** Of `--json`. Throws where a line is anything else. */
  get events(): StoryEvent[] {
    const whole = this.stdout.slice(0, this.stdout.lastIndexOf('\n') + 1);
    return whole
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as StoryEvent);
  }

  /** The exit code, or the signal's name. */
  async end(): Promise<number | string | null> {
    await this.ended;
    return this.child.exitCode ?? this.child.signalCode;
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }

  /** Every process that it has started, by name. */
  processes(): Map<string, ProcessIdentity> {
    const record = JSON.parse(readFileSync(join(this.stateDir, 'processes.json'), 'utf8')) as {
      processes: (ProcessIdentity & { name: string })[];
    };
    return new Map(record.processes.map((process) => [process.name, process]));
  }

  async killAll(): Promise<void> {
    const processes = [...this.processes().values()];
    this.signal('SIGKILL');
    for (const { pid } of processes) process.kill(pid, 'SIGKILL');
    await this.end();
  }

  async until(what: string, condition: () => boolean): Promise<void> {
    await until(what, () => {
      if (this.child.exitCode !== null) throw new Error(`it ended before ${what}:\n${this.stderr}`);
      return condition();
    });
  }
}

/** What the tests of one file start, in a state folder of their own. */
export class Starts {
  readonly stateDir = newStateDir();
  private readonly running: Start[] = [];

  spawn(...args: readonly string[]): Start {
    const started = Start.spawn(this.stateDir, args);
    this.running.push(started);
    return started;
  }

  async endAll(): Promise<void> {
    for (const started of this.running.splice(0)) {
      started.signal('SIGINT');
      await started.end();
    }
  }
}

export function noneAlive(processes: Iterable<ProcessIdentity>): boolean {
  return ![...processes].some(isAlive);
}

interface Asked {
  readonly kind: string;
  /** The answer repeated an earlier one and cost nothing. */
  readonly replayed: boolean;
  readonly idempotencyKey: string | null;
  readonly prompt: string;
}

/** What the stand-in provider was asked, each request in its last state. */
export function requestsIn(stateDir: string): Asked[] {
  const written = readFileSync(join(stateDir, 'studio', 'requests.jsonl'), 'utf8');
  // The last line may be half-written yet.
  const lines = written.split('\n').slice(0, -1);
  const entries = lines.map((line) => JSON.parse(line) as { seen: Asked & { id: number }; prompt: string });
  return [...new Map(entries.map(({ seen, prompt }) => [seen.id, { ...seen, prompt }])).values()];
}

/** The length in seconds of a film that ffmpeg can decode from beginning to end. Throws where it cannot. */
export function playedSeconds(stateDir: string, film: string): number {
  const ffmpeg = /^export FFMPEG_PATH='(.*)'$/m.exec(readFileSync(join(stateDir, 'env'), 'utf8'))?.[1] ?? 'ffmpeg';
  const args = ['-v', 'error', '-xerror', '-i', film, '-progress', '-', '-f', 'null', '/dev/null'];
  const told = execFileSync(ffmpeg, args, { encoding: 'utf8' });
  // A busy machine takes longer, and reports on the way as well.
  return Number([...told.matchAll(/^out_time_us=(\d+)$/gm)].at(-1)?.[1]) / 1_000_000;
}
