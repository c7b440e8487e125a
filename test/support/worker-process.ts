import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { hostname } from 'node:os';
import { resolve } from 'node:path';

const cli = resolve(__dirname, '..', '..', 'dist', 'src', 'cli', 'main.js');

/** A worker as operators run it: the built command in a process of its own, which a test may kill. */
export class WorkerProcess {
  private constructor(
    private readonly child: ChildProcess,
    private readonly written: { log: string },
  ) {}

  static async start(env: Readonly<Record<string, string>>): Promise<WorkerProcess> {
    const child = spawn(process.execPath, [cli, 'worker'], {
      env: { PATH: process.env['PATH'], ...env, LOG_LEVEL: 'info' },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const written = { log: '' };
    await new Promise<void>((ready, fail) => {
      child.stderr.on('data', (data: Buffer) => {
        written.log += data.toString('utf8');
        if (written.log.includes('worker is ready')) ready();
      });
      child.once('exit', (code) => fail(new Error(`the worker ended (${code}) before it was ready:\n${written.log}`)));
    });
    return new WorkerProcess(child, written);
  }

  /** As Temporal's histories name it. */
  get identity(): string {
    return `${this.child.pid}@${hostname()}`;
  }

  /** What it has logged, one JSON object a line. */
  get log(): string {
    return this.written.log;
  }

  /** As a crash: nothing is tidied up. */
  async kill(): Promise<void> {
    await this.end('SIGKILL');
  }

  /** As a deploy: takes no more work and hands on what runs. Gives the exit code; null where a signal ended it. */
  async stop(): Promise<number | null> {
    await this.end('SIGTERM');
    return this.child.exitCode;
  }

  /** Only asks; what comes of it is `stop`'s to say. */
  tell(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** As a computer that hangs: it does nothing, knows of nothing and keeps its connections, until `thaw`. */
  freeze(): void {
    this.child.kill('SIGSTOP');
  }

  thaw(): void {
    this.child.kill('SIGCONT');
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = once(this.child, 'exit');
    this.child.kill(signal);
    await ended;
  }
}
