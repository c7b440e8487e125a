import { rmSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { findFfmpeg } from './ffmpeg';
import { PortBook } from './ports';
import { startPostgres } from './postgres';
import { stopLeftovers } from './process-record';
import { ProcessTable } from './process-table';
import { startRedis } from './redis';
import { StackError } from './stack-error';
import type { Env, FoundServices, Report, ServiceName, StackContext } from './stack-types';
import { prepareStateDir, toolsDirOf } from './state-dir';
import { startTemporal } from './temporal';

export interface StackOptions<Needed extends ServiceName = ServiceName> {
  /** An absolute path, normally `.storyreel` in the project; everything that is written lies below it. */
  stateDir: string;
  env: Env;
  /** All four when it is left out. */
  need?: readonly Needed[];
  /** False: the data live as long as the stack, nothing is synced to disk, and what was there before is dropped. */
  persistent: boolean;
  /** Temporal leaves more of the cores to what uses the stack, and answers fewer at once. By default it does not. */
  frugal?: boolean;
  report: Report;
}

type FieldOf<Name extends ServiceName> = Name extends 'ffmpeg' ? 'ffmpegPath' : Exclude<Name, 'ffmpeg'>;

export type Stack<Needed extends ServiceName = ServiceName> = Pick<FoundServices, FieldOf<Needed>> & {
  /** The processes started here, by name. */
  readonly pids: Record<string, number>;
  /** From now on this process ends with the stack, too: at `stop`, if we are killed, or at the next start. */
  adopt(pid: number, name: string): void;
  /** Ends the adopted processes, the last one first, then all services. Returns when no process and no port is left. */
  stop(): Promise<void>;
};

/**
 * Finds or starts the services and returns when all of them answer. A service that the environment names is used
 * unchanged, and is checked. Throws `StackError`, with nothing left running, if one service cannot be had. Throws
 * `StackInUse` if a live process has a stack in this folder. Processes that an earlier, killed owner of the folder left
 * are stopped first.
 */
export async function startStack<Needed extends ServiceName = ServiceName>(
  options: StackOptions<Needed>,
): Promise<Stack<Needed>> {
  const { stateDir, env, persistent, frugal = false, report } = options;
  if (!isAbsolute(stateDir))
    throw new StackError(`The state folder ${stateDir} is not an absolute path`, 'Give the whole path');
  prepareStateDir(stateDir);
  await stopLeftovers(stateDir, report);
  const processes = ProcessTable.open(stateDir);
  const failed = new AbortController();
  const context: StackContext = {
    stateDir,
    toolsDir: toolsDirOf(stateDir, env),
    env,
    persistent,
    frugal,
    report,
    ports: new PortBook(stateDir, persistent),
    processes,
    signal: failed.signal,
  };
  const stop = async () => {
    await processes.stopAll();
    if (!persistent)
      for (const name of ['postgres', 'redis']) rmSync(join(stateDir, name), { recursive: true, force: true });
  };
  try {
    const found = await findAll(context, options.need ?? ALL, failed);
    let stopped: Promise<void> | undefined;
    return {
      ...(found as Pick<FoundServices, FieldOf<Needed>>),
      get pids() {
        return processes.pids;
      },
      adopt: (pid, name) => processes.add(pid, { name, kind: 'guest', stopSignal: 'SIGTERM' }),
      stop: () => (stopped ??= stop()),
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

const ALL: readonly ServiceName[] = ['temporal', 'postgres', 'redis', 'ffmpeg'];

const STARTERS: { [Name in ServiceName]: (context: StackContext) => Promise<Partial<FoundServices>> } = {
  temporal: async (context) => ({ temporal: await startTemporal(context) }),
  postgres: async (context) => ({ postgres: await startPostgres(context) }),
  redis: async (context) => ({ redis: await startRedis(context) }),
  ffmpeg: async (context) => ({ ffmpegPath: await findFfmpeg(context) }),
};

/**
 * Starts all at once. After the first failure the others are aborted and awaited, so that none of them starts anything
 * later.
 */
async function findAll(
  context: StackContext,
  need: readonly ServiceName[],
  failed: AbortController,
): Promise<Partial<FoundServices>> {
  const starts = need.map(async (name) => {
    try {
      return await STARTERS[name](context);
    } catch (error) {
      failed.abort(error);
      throw error;
    }
  });
  await Promise.allSettled(starts);
  // The signal's reason is the first failure; the later ones are only its consequences.
  failed.signal.throwIfAborted();
  return Object.assign({}, ...(await Promise.all(starts))) as Partial<FoundServices>;
}
