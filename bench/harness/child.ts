import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** A process of a benchmark. It gets its commands as JSON objects, one per line, and answers each with one. */
export class Child {
  private readonly waiting: ((answer: unknown) => void)[] = [];
  private ended: Error | undefined;

  private constructor(private readonly child: ChildProcess) {
    createInterface({ input: child.stdout! }).on('line', (line) => {
      if (line.startsWith('{')) this.waiting.shift()?.(JSON.parse(line));
    });
    child.once('exit', (code, signal) => {
      this.ended = new Error(`a process of the benchmark ended (${signal ?? code})`);
      for (const answer of this.waiting.splice(0)) answer(this.ended);
    });
  }

  /** Resolves with the process and the first line that it prints. */
  static async start<T>(
    command: string,
    args: readonly string[],
    env: Readonly<Record<string, string | undefined>> = {},
  ): Promise<{ child: Child; hello: T }> {
    const child = new Child(
      spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, ...env } }),
    );
    return { child, hello: await child.answer<T>() };
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  async ask<T>(message: object): Promise<T> {
    const answer = this.answer<T>();
    this.child.stdin?.write(`${JSON.stringify(message)}\n`);
    return answer;
  }

  async kill(signal: NodeJS.Signals): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const exit = once(this.child, 'exit');
    this.child.kill(signal);
    await exit;
  }

  /** Closes its standard input, which ends it; kills it if it does not end. */
  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const exit = once(this.child, 'exit');
    this.child.stdin?.end();
    const timer = setTimeout(() => this.child.kill('SIGKILL'), 10_000);
    await exit;
    clearTimeout(timer);
  }

  private async answer<T>(): Promise<T> {
    if (this.ended) throw this.ended;
    const answer = await new Promise<unknown>((resolve) => this.waiting.push(resolve));
    if (answer instanceof Error) throw answer;
    const { error } = answer as { error?: string };
    if (error !== undefined) throw new Error(error);
    return answer as T;
  }
}
