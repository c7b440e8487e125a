import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { childEnv } from '../child-env';
import { ServiceDied, StackError } from './stack-error';
import type { ServiceName, StackContext } from './stack-types';
import { logFileOf } from './state-dir';
import { waitUntil } from './wait-until';

interface ServiceCommand {
  name: ServiceName;
  program: string;
  args: readonly string[];
  stopSignal: NodeJS.Signals;
  /** Beside what every child process gets. */
  env?: Readonly<Record<string, string>>;
  uid?: number;
  gid?: number;
}

const STARTS = 5;

/**
 * Starts the service and returns its pid when `ready` resolves, so that it answers. A start may fail because another
 * program took a port, or because a dying predecessor still held one. It is then tried again with the new result of
 * `command`. Throws `StackError` with the end of the log if the service ends early or does not answer for `boundMs`.
 */
export async function runService(
  context: StackContext,
  command: () => Promise<ServiceCommand>,
  ready: (pid: number) => Promise<boolean>,
  boundMs: number,
): Promise<number> {
  for (let start = 1; ; start += 1) {
    try {
      return await startOnce(context, await command(), ready, boundMs);
    } catch (error) {
      const mayPass = error instanceof ServiceDied && /in use/i.test(error.logTail);
      if (!mayPass || start === STARTS) throw error;
    }
  }
}

async function startOnce(
  context: StackContext,
  command: ServiceCommand,
  ready: (pid: number) => Promise<boolean>,
  boundMs: number,
): Promise<number> {
  const { name } = command;
  const { signal, processes } = context;
  signal.throwIfAborted();
  const logFile = logFileOf(context.stateDir, name);
  const { pid, ended } = spawnLogged(command, context, logFile);
  const answered = await waitUntil(
    async () => {
      if (ended()) throw new ServiceDied(name, tailOf(logFile), logFile);
      return (await ready(pid)) && !ended();
    },
    { boundMs, signal },
  );
  if (!answered) {
    throw new StackError(
      `${name} did not answer within ${boundMs / 1000} s\n${tailOf(logFile)}`,
      `Its log is in ${logFile}`,
    );
  }
  // From now on an unexpected end is reported; before, it was an error of this start.
  processes.onUnexpectedEnd(pid, () => reportEnd(context, name, logFile));
  return pid;
}

/** Detached: Ctrl-C in the terminal must reach us only, for we stop the services in order, the workers before them. */
function spawnLogged(command: ServiceCommand, { env, processes }: StackContext, logFile: string) {
  const log = openSync(logFile, 'w');
  const child: ChildProcess = spawn(command.program, command.args, {
    detached: true,
    stdio: ['ignore', log, log],
    cwd: '/',
    env: { ...childEnv(env), ...command.env },
    ...(command.uid === undefined ? {} : { uid: command.uid }),
    ...(command.gid === undefined ? {} : { gid: command.gid }),
  });
  closeSync(log);
  let isOver = false;
  const over = () => {
    isOver = true;
    if (child.pid !== undefined) processes.ended(child.pid);
  };
  child.on('exit', over);
  child.on('error', over);
  child.unref();
  if (child.pid === undefined)
    throw new StackError(`${command.program} could not be started`, 'See whether it may be executed');
  processes.add(child.pid, { name: command.name, kind: 'service', stopSignal: command.stopSignal });
  return { pid: child.pid, ended: () => isOver };
}

function reportEnd(context: StackContext, service: ServiceName, logFile: string): void {
  context.report({ service, message: `ended unexpectedly; the end of ${logFile}:\n${tailOf(logFile)}` });
}

export function tailOf(logFile: string, lines = 12): string {
  return readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
}
