import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { childEnv } from '../child-env';
import type { Measured } from './measured';

/** A worker in a process of its own, which reports its memory and its objects. */
export class MeasuredWorker {
  private constructor(private readonly child: ChildProcess) {}

  static async start(
    env: Readonly<Record<string, string>>,
    program = join(__dirname, 'worker', 'main.js'),
  ): Promise<MeasuredWorker> {
    const child = fork(program, {
      env: childEnv({ ...process.env, ...env }, 'own'),
      execArgv: ['--no-warnings'],
    });
    const ended = once(child, 'exit').then(() => {
      throw new Error('the worker ended');
    });
    await Promise.race([once(child, 'message'), ended]);
    ended.catch(() => undefined);
    return new MeasuredWorker(child);
  }

  async measure(): Promise<Measured> {
    const answer = once(this.child, 'message');
    this.child.send('measure');
    return ((await answer) as [Measured])[0];
  }

  async stop(): Promise<void> {
    const exit = once(this.child, 'exit');
    this.child.disconnect();
    await exit;
  }
}
