import { startLocalModel, startStack, type Report, type Stack } from '../stack';
import type { StartOptions } from './options';
import type { Env } from '../../src/program-env';
import { needsStudio, settingsFor } from './settings';
import { startStudio } from './studio';

/** Everything that runs here but the worker. */
export interface Session {
  readonly stack: Stack;
  /** The settings that the worker and the command line need. */
  readonly settings: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

/** A comfortable reading speed. */
const WATCHED_TOKENS_PER_SECOND = 60;

/** Starts the services and the providers. On failure nothing is left running. */
export async function startSession(
  stateDir: string,
  env: Env,
  options: Pick<StartOptions, 'localModel' | 'tokensPerSecond' | 'once'> & { readonly isWatched: boolean },
  report: Report,
): Promise<Session> {
  const stack = await startStack({ stateDir, env, persistent: true, report });
  const stop = () => stack.stop();
  try {
    const model = options.localModel ? await startLocalModel({ stateDir, env, report }) : undefined;
    if (model) stack.adopt(model.pid, 'model');
    const speed = options.tokensPerSecond ?? (options.isWatched && !options.once ? WATCHED_TOKENS_PER_SECOND : 0);
    const studio = needsStudio(env, options.localModel)
      ? await startStudio(stack, { stateDir, tokensPerSecond: speed })
      : undefined;
    const settings = settingsFor(env, {
      stateDir,
      stack,
      ...(studio !== undefined && { studio }),
      ...(model && { model }),
    });
    return { stack, settings, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
