import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { STUDIO_PACKAGES } from '../../dev/studio/needed-packages';
import { WORKER_PACKAGES } from '../../src/worker/needed-packages';
import { projectFile, projectRoot } from '../architecture/project-files';
import { testEnv } from '../support/services';

interface Packed {
  /** Bytes of the packed file. */
  readonly size: number;
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}

interface Peers {
  readonly peerDependencies: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta: Readonly<Record<string, unknown>>;
}

const { devDependencies } = JSON.parse(projectFile('package.json'));
const pinned = (name: string) => `${name}@${devDependencies[name]}`;
const folder = mkdtempSync(join(tmpdir(), 'storyreel-package-'));
const consumer = join(folder, 'consumer');
const at = { cwd: consumer, encoding: 'utf8' } as const;
let packed: Packed;

function install(...packages: readonly string[]): void {
  execFileSync('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', ...packages], {
    ...at,
    stdio: 'pipe',
  });
}

/** Its exit code with all that it wrote. */
function run(program: string, ...args: readonly string[]): { code: number | null; output: string } {
  return runWith({}, program, ...args);
}

function runWith(env: Record<string, string>, program: string, ...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(program, args, { ...at, env: { ...process.env, ...env } });
  return { code: status, output: `${stdout}${stderr}` };
}

const CLIENT = `
import { StoryClient, StoryreelError, readConfig, type ProjectId, type StoryEvent } from 'storyreel';
import { STAGES, StoryPage, type LogEvent, type Proof } from 'storyreel/protocol';
import { StoryHttpClient } from 'storyreel/http-client';

export async function follow(id: ProjectId): Promise<StoryEvent[]> {
  const client: StoryClient = await StoryClient.connect(readConfig({}));
  const events: StoryEvent[] = [];
  for await (const event of client.watch(id)) events.push(event);
  return events;
}
export type Logged = LogEvent;
export const proofOf = (page: StoryPage): Proof | undefined => [...page.lanes.values()][0]?.proof;
export const viewer: typeof StoryHttpClient = StoryHttpClient;
const started: Promise<unknown> = StoryClient.connect(readConfig({ TEMPORAL_ADDRESS: 'localhost:1', DATABASE_URL: 'postgres://localhost:1/x' }));
started.catch((error: unknown) => {
  console.log(error instanceof StoryreelError ? error.type : error, STAGES.length);
});
`;

const WORKER = `
import { createLogger, readConfig, createWorker, type RunningWorker } from 'storyreel/worker';

export const running = (): Promise<RunningWorker> => createWorker({ settings: readConfig({}), logger: createLogger('silent', 'worker') });
console.log(typeof createWorker);
`;

/** A worker and a client that make a text on the real services. */
const FILM = `
import { StoryClient } from 'storyreel';
import { createWorker } from 'storyreel/worker';

const settings = JSON.parse(process.env.FILM_SETTINGS);
const worker = await createWorker({ settings });
const client = await StoryClient.connect(settings);
const id = await client.create({ topic: 'a fox' });
const after = (await client.overview.outcomes({ limit: 1000 })).next;
await client.start(id, { stages: ['rewrite'] });
let last;
for await (const event of client.watch(id)) last = event;
let ended;
for await (ended of client.outcomes({ after })) if (ended.projectId === id) break;
await client.close();
await worker.stop();
console.log(process.version, last.type, ended.status);
`;

/** The oldest that `engines` allows, and the newest of each later line that is maintained. */
const NODES = ['20.19.0', '22.23.3', '24.22.3', '26.10.0'];

const STUDIO = `
import { startStudio, type Studio } from 'storyreel/testing';

const stateDir: string = 'studio';
startStudio({ port: 0, stateDir }).then(async (studio: Studio) => {
  const { ok } = await fetch(studio.url + '/models');
  await studio.close();
  console.log(ok);
});
`;

/** The packages whose files a program loads if it loads an entry. */
function loadedBy(entry: string): string[] {
  const program = `require('${entry}'); console.log(JSON.stringify(Object.keys(require.cache)))`;
  const files: readonly string[] = JSON.parse(run(process.execPath, '-e', program).output);
  return packagesOf(files);
}

/** The packages of whose types the compiler reads some for a program that exports all of an entry. */
function typesOf(entry: string): string[] {
  const { code, output } = compile('types', `export * from '${entry}';`, '--listFiles');
  expect({ code, output }).toEqual({ code: 0, output: expect.not.stringContaining('error TS') });
  return packagesOf(output.split('\n'));
}

function packagesOf(files: readonly string[]): string[] {
  const names = files.map((file) => /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1] ?? '');
  const common = ['', 'typescript', '@types/node', 'undici-types'];
  return [...new Set(names)].filter((name) => !common.includes(name)).sort();
}

/** \`exactOptionalPropertyTypes\` is not on: Temporal's own types do not compile with it. */
function compile(name: string, source: string, ...more: readonly string[]): { code: number | null; output: string } {
  for (const extension of ['mts', 'cts']) writeFileSync(join(consumer, `${name}.${extension}`), source);
  const compilerOptions = {
    module: 'nodenext',
    target: 'es2023',
    strict: true,
    skipLibCheck: false,
    types: ['node'],
    outDir: 'out',
  };
  writeFileSync(
    join(consumer, 'tsconfig.json'),
    JSON.stringify({ compilerOptions, files: [`${name}.mts`, `${name}.cts`] }),
  );
  return run('npx', 'tsc', '-p', '.', ...more);
}

beforeAll(() => {
  const args = ['pack', '--ignore-scripts', '--json', '--pack-destination', folder];
  const listed: unknown = JSON.parse(execFileSync('npm', args, { cwd: projectRoot, encoding: 'utf8' }));
  // npm 12 names what it packed, npm 11 and before list it.
  packed = Object.values(listed as Record<string, Packed>)[0]!;
  execFileSync('mkdir', [consumer]);
  writeFileSync(join(consumer, 'package.json'), JSON.stringify({ private: true }));
  install(join(folder, packed.filename), pinned('typescript'), pinned('@types/node'));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('the package has what users need and nothing else', () => {
  const folders = new Set(
    packed.files.map(({ path }) =>
      path.replace(/^(dist\/src|dist\/types|dist\/dev\/studio|dist\/web|docs)\/.*$/, '$1'),
    ),
  );
  expect([...folders].sort()).toEqual([
    ...[
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'dist/dev/studio',
      'dist/src',
      'dist/types',
      'dist/web',
      'docs',
      'package.json',
    ],
  ]);
});

test('the package has no tests, no sources and no maps, and stays below 2 MB', () => {
  const endings = new Set(packed.files.map(({ path }) => path.replace(/^.*?(\.d\.ts|\.[a-z0-9]+|[A-Z]+)$/, '$1')));
  const known = ['.br', '.css', '.d.ts', '.gz', '.html', '.js', '.json', '.lua', '.md', '.svg', 'LICENSE'];
  expect([...endings].filter((ending) => !known.includes(ending))).toEqual([]);
  expect(packed.files.filter(({ path }) => /\.test\.|(^|\/)(test|bench|node_modules)\//.test(path))).toEqual([]);
  expect(packed.size).toBeLessThan(2_000_000);
});

test('a client compiles and runs in ESM and in CommonJS, without worker and openai', () => {
  const installed = readdirSync(join(consumer, 'node_modules'));
  expect(installed).not.toContain('openai');
  expect(readdirSync(join(consumer, 'node_modules/@temporalio'))).not.toContain('worker');
  expect(compile('client', CLIENT)).toEqual({ code: 0, output: '' });
  for (const file of ['out/client.mjs', 'out/client.cjs']) {
    expect(run(process.execPath, file)).toEqual({ code: 0, output: 'Service.Unreachable 6\n' });
  }
});

test('the entries for browsers and small functions load no package, and only the types of one', () => {
  for (const entry of ['storyreel/protocol', 'storyreel/http-client']) expect(loadedBy(entry)).toEqual(['storyreel']);
  expect(typesOf('storyreel/protocol')).toEqual(['storyreel']);
  expect(typesOf('storyreel/http-client')).toEqual(['storyreel', 'zod']);
});

test('a client loads nothing of a worker, a gateway or a picture, and its types nothing of TypeORM', () => {
  const loaded = loadedBy('storyreel');
  const heavy = ['@temporalio/worker', '@temporalio/core-bridge', '@swc/core', 'fastify', 'openai', 'pino-pretty'];
  expect(loaded.filter((name) => heavy.includes(name) || /canvas|sharp|ffmpeg|image-size|aws/.test(name))).toEqual([]);
  expect(typesOf('storyreel')).not.toContainEqual(expect.stringMatching(/^typeorm$|^@temporalio\/worker$|^openai$/));
});

test('the studio names what it lacks, and runs in ESM and in CommonJS once that is installed', () => {
  const asked = run(process.execPath, '-e', "import('storyreel/testing').catch((e) => console.log(e.type, e.message))");
  const [[name, of] = []] = Object.entries(STUDIO_PACKAGES);
  expect(asked.output).toMatch(new RegExp(`^Config.Invalid .*Run: npm install ${name}@${of}\\n$`));
  install(`${name}@${of}`);
  expect(compile('studio', STUDIO)).toEqual({ code: 0, output: '' });
  for (const file of ['out/studio.mjs', 'out/studio.cjs']) {
    expect(run(process.execPath, file)).toEqual({ code: 0, output: 'true\n' });
  }
});

test('the command runs by npx from the packed file alone, in an empty folder', () => {
  const empty = join(folder, 'empty');
  mkdirSync(empty);
  const args = ['--yes', '--package', join(folder, packed.filename), 'storyreel', 'status'];
  const { status, stdout, stderr } = spawnSync('npx', args, {
    cwd: empty,
    encoding: 'utf8',
    env: { ...process.env, ...testEnv() },
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: expect.not.stringContaining('EBADENGINE') });
  expect(stdout).not.toBe('');
});

test('the command runs by npx, and names what a worker lacks', () => {
  expect(run('npx', 'storyreel', '--help').output).toContain('Usage: storyreel');
  const advice = Object.entries(WORKER_PACKAGES).map(([name, of]) => `${name}@${of}`);
  const { code, output } = run('npx', 'storyreel', 'worker');
  expect({ code, output }).toEqual({
    code: 2,
    output: expect.stringContaining(`Run: npm install ${advice.join(' ')}`),
  });
  const loaded = run(process.execPath, '-e', "import('storyreel/worker').catch((e) => console.log(e.type, e.message))");
  expect(loaded.output).toContain('Config.Invalid');
});

test('a worker compiles and loads in ESM and in CommonJS, once its packages are installed', () => {
  install(...Object.entries(WORKER_PACKAGES).map(([name, of]) => `${name}@${of}`));
  expect(compile('worker', WORKER)).toEqual({ code: 0, output: '' });
  for (const file of ['out/worker.mjs', 'out/worker.cjs']) {
    expect(run(process.execPath, file)).toEqual({ code: 0, output: 'function\n' });
  }
});

test.each(NODES)('on Node %s, client, worker and command of the package run in ESM and in CommonJS', (version) => {
  const program = `node-${process.platform}-${process.arch}`;
  install('--no-save', '--prefix', join(folder, version), `${program}@${version}`);
  const node = join(folder, version, 'node_modules', program, 'bin', 'node');
  for (const file of ['out/client.mjs', 'out/client.cjs']) {
    expect(run(node, file)).toEqual({ code: 0, output: 'Service.Unreachable 6\n' });
  }
  for (const file of ['out/worker.mjs', 'out/worker.cjs']) {
    expect(run(node, file)).toEqual({ code: 0, output: 'function\n' });
  }
  writeFileSync(join(consumer, 'film.mjs'), FILM);
  const env = testEnv();
  const film = runWith({ FILM_SETTINGS: JSON.stringify(env) }, node, 'film.mjs');
  expect(film.output).toContain(`v${version} pipeline_done completed\n`);
  expect(film.code).toBe(0);
  const command = runWith(env, node, 'node_modules/storyreel/dist/src/cli/main.js', 'status');
  expect(command).toMatchObject({ code: 0, output: expect.stringContaining('a fox') });
});

test('the packages that a worker needs are the optional peers of the package', () => {
  const { peerDependencies, peerDependenciesMeta }: Peers = JSON.parse(
    readFileSync(join(consumer, 'node_modules/storyreel/package.json'), 'utf8'),
  );
  expect(peerDependencies).toMatchObject({ ...WORKER_PACKAGES, ...STUDIO_PACKAGES });
  for (const name of Object.keys(peerDependencies)) expect(peerDependenciesMeta[name]).toEqual({ optional: true });
});
