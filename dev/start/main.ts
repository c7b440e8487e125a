/** `npm start`: everything on this machine, one film made and shown, and then kept running until Ctrl-C. */
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import {
  chooseRenderer,
  EXIT_CODES,
  failureOf,
  followStory,
  oneLine,
  prepareServices,
  standardOutput,
} from '../../src/cli';
import { childEnv, leaveShell } from '../child-env';
import { hostPort, isLoopback } from '../../src/address';
import { StoryClient } from '../../src/client';
import { readConfig } from '../../src/config';
import { acquireLock, StackError, StackInUse, type Lock, type ReportLine } from '../stack';
import { chooseProject, resumeProject } from './choose-project';
import { watchCode } from './code-watch';
import { dropState } from './fresh';
import { startGateway, type StartedGateway } from './gateway';
import { DIST } from './guest';
import { readOptions, type StartOptions } from './options';
import { placeFilm } from './place-film';
import { placeLines } from './place-lines';
import { startSession, type Session } from './session';
import { blanksForTemporal, forgetEnvFile, ownSettings, writeEnvFile } from './settings';
import { watchForStop, type StopSignal } from './stop-signal';
import { keepWorker, type KeptWorker } from './worker';

forgetEnvFile(process.env);
const shell = { ...process.env };
const env = childEnv(shell, 'own');
leaveShell(process.env);
// Whatever the shell forbids its files' owner, databases must read what they have written.
process.umask(process.umask() & 0o077);
const stateDir = resolve(env['STORYREEL_STATE_DIR'] || join(DIST, '..', '.storyreel'));
/** Node's own default. */
const DEBUGGER = '127.0.0.1:9229';
const screen = standardOutput(process.stdout);
const print = (line: string) => void process.stderr.write(`${line}\n`);
let note: (line: string) => void = print;
let outputGone = (_code: string | undefined): void => process.exit(EXIT_CODES.ok.code);
process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => outputGone(code));
process.stderr.on('error', () => undefined);

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  // Faults of the environment are reported before anything is started.
  readConfig(env);
  const lock = acquireLock(stateDir);
  let isStarted = false;
  const stop = watchForStop(() => process.exit(EXIT_CODES.interrupted.code));
  // Before everything has started there is no order to keep, and fetching a program may take long: the reaper clears up.
  stop.signal.addEventListener('abort', () => {
    if (!isStarted && !stop.hasFailed()) leave(lock, EXIT_CODES.interrupted.code);
  });
  outputGone = (code) =>
    code === 'EPIPE'
      ? stop.stop('nobody reads the output')
      : stop.fail(new Error(`The output cannot be written (${code}). "npm start" continues where it was.`));
  try {
    const report = (line: ReportLine) => printService(line, stop);
    if (options.fresh) await dropState(stateDir, report);
    const session = await startSession(stateDir, env, { ...options, isWatched: screen.interactive }, report);
    isStarted = true;
    const ending = new AbortController();
    try {
      lock.publish({ ...(session.stack.temporal.uiUrl !== undefined && { ui: session.stack.temporal.uiUrl }) });
      return await makeFilm(session, options, stop, ending.signal);
    } finally {
      ending.abort();
      await session.stop();
    }
  } finally {
    lock.release();
  }
}

async function makeFilm(
  { stack, settings }: Session,
  options: StartOptions,
  stop: StopSignal,
  ending: AbortSignal,
): Promise<number> {
  const workerEnv = { ...env, ...settings };
  const config = readConfig(workerEnv);
  const envFile = writeEnvFile(stateDir, { ...blanksForTemporal(shell), ...ownSettings(env), ...settings }, shell);
  await prepareServices(config);
  const worker = keepWorker(stack, {
    stateDir,
    env: workerEnv,
    note: (line) => note(line),
    // While the code is watched, the next change may mend it.
    giveUp: (error) => (options.watch ? note(error.message) : stop.fail(error)),
    ...(options.inspect && { inspect: DEBUGGER }),
    stopping: ending,
  });
  if (options.inspect) print(`Debugger      node inspect ${DEBUGGER}, or attach your editor to it`);
  const gateway = options.once ? undefined : await startGateway(stack, { stateDir, env: workerEnv, note });
  const gatewayUrl = gateway?.url;
  if (options.watch) renewOnChange(stack, { worker, ...(gateway && { gateway }) }, ending);
  const { uiUrl } = stack.temporal;
  const renderer = chooseRenderer({ screen, note: print }, options.json);
  const client = await StoryClient.connect(config);
  try {
    const projectId = await chooseProject(client, options, print);
    const runId = await resumeProject(client, projectId, print);
    const where = {
      envFile,
      namespace: config.TEMPORAL_NAMESPACE,
      projectId,
      runId,
      ...(uiUrl && { uiUrl }),
      ...(gatewayUrl !== undefined && { gatewayUrl }),
    };
    const places = placeLines(where);
    if (!options.once) {
      // It is for one use within a minute, so only this first time.
      const loginToken = await loginTokenFor(gatewayUrl, client);
      placeLines({ ...where, ...(loginToken !== undefined && { loginToken }) }).forEach(print);
    }
    note = (line) => renderer.note(line);
    const { outcome, code } = await followStory({ client, config }, projectId, renderer, {
      stopWhenParked: options.once,
      signal: stop.signal,
      placeFilm: (path, project) => placeFilm(stateDir, path, project),
    });
    stop.throwIfFailed();
    if (outcome === 'left') print(`Stopping (${String(stop.signal.reason)}). "npm start" continues where it was.`);
    else if (outcome === 'parked') print('Put it right and start again: what waits is then tried again.');
    else if (!options.once) await stayUp([...places, 'Ctrl-C stops everything.'], options.json, stop);
    return code;
  } catch (error) {
    // A service that has gone is the cause of whatever failed after it.
    stop.throwIfFailed();
    throw error;
  } finally {
    await client.close();
  }
}

/** Whoever develops sees each change at once: `npm run dev`. */
function renewOnChange(
  stack: Session['stack'],
  { worker, gateway }: { readonly worker: KeptWorker; readonly gateway?: StartedGateway },
  stopping: AbortSignal,
): void {
  const changed = (what: 'code' | 'page') => {
    // A gateway serves a page that is built anew, and open pages load themselves again.
    if (what === 'page') return note('Changed: the page is loaded again.');
    note('Changed: worker and gateway are started again.');
    worker.renew();
    void gateway?.renew();
  };
  watchCode(stack, { note: (line) => note(line), changed, stopping });
}

/** A gateway takes login links on a loopback address only. */
async function loginTokenFor(url: string | undefined, client: StoryClient): Promise<string | undefined> {
  if (url === undefined || !isLoopback(hostPort(new URL(url).host).host)) return undefined;
  return client.sessions.createLoginToken();
}

async function stayUp(lines: readonly string[], json: boolean, stop: StopSignal): Promise<void> {
  for (const line of lines)
    if (json) print(line);
    else screen.write(`${line}\n`);
  if (!stop.signal.aborted) await once(stop.signal, 'abort');
  stop.throwIfFailed();
}

function printService({ service, message, ms }: ReportLine, stop: StopSignal): void {
  const [first = '', ...more] = message.split('\n');
  note(`${service.padEnd(9)} ${first}${ms === undefined ? '' : ` (${(ms / 1000).toFixed(1)} s)`}`);
  if (!first.startsWith('ended unexpectedly')) return;
  for (const line of more) note(`          ${line}`);
  stop.fail(new Error(`${service} ended unexpectedly, so everything was stopped. "npm start" continues where it was.`));
}

function printFailure(error: unknown): number {
  if (error instanceof StackError) {
    const ui =
      error instanceof StackInUse && error.published['ui'] ? ` Its Temporal UI: ${error.published['ui']}.` : '';
    const [first = '', ...logTail] = error.message.split('\n');
    print(`npm start: ${first}.${ui} ${error.hint}.`);
    for (const line of logTail) print(`    ${line}`);
    return EXIT_CODES.failed.code;
  }
  const { message, code } = failureOf(error);
  if (message !== '') print(`npm start: ${oneLine(message)}`);
  return code;
}

function leave(lock: Lock, code: number): never {
  lock.release();
  process.exit(code);
}

void main()
  .catch(printFailure)
  .then((code) => process.exit(code));
