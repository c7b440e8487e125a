import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { noneAlive, playedSeconds, requestsIn, Start, Starts } from '../support/start';
import { until } from '../support/until';

/** Runs a command to its end, whatever that is. */
function ran(program: string, args: readonly string[], env: NodeJS.ProcessEnv) {
  return new Promise<{ stdout: string; code: unknown }>((resolve) =>
    execFile(program, args, { env }, (error, stdout) => resolve({ stdout, code: error?.code ?? 0 })),
  );
}

const starts = new Starts();
const { stateDir } = starts;
const start = (...args: readonly string[]) => starts.spawn(...args);

afterEach(() => starts.endAll());
afterAll(() => rmSync(stateDir, { recursive: true, force: true }));

it('makes a film that plays, reports it in events alone, and ends with nothing left running', async () => {
  const making = start('a fox in the snow', '--once', '--json', '--scenes', '2');
  await making.until('the first event', () => making.events.length > 0);
  const processes = making.processes();

  expect({ code: await making.end(), stderr: making.stderr }).toMatchObject({ code: 0 });

  const { events } = making;
  expect(events[0]).toMatchObject({ type: 'snapshot', topic: 'a fox in the snow' });
  expect(events.at(-1)).toMatchObject({ type: 'pipeline_done' });
  const [film, ...others] = readdirSync(join(stateDir, 'films'));
  expect(film).toBe(`a-fox-in-the-snow-${events[0]?.project_id.slice(0, 8)}.mp4`);
  expect(others).toEqual([]);
  expect(playedSeconds(stateDir, join(stateDir, 'films', film ?? ''))).toBeGreaterThan(2);
  expect(noneAlive(processes.values())).toBe(true);
});

it('ends with 4 and the commands where a lane needs attention, and tries it again at the next start', async () => {
  const refusing = createServer((_, response) => response.writeHead(401).end('{}')).listen(0, '127.0.0.1');
  await once(refusing, 'listening');
  const OPENAI_BASE_URL = `http://127.0.0.1:${(refusing.address() as AddressInfo).port}/v1`;
  const parked = Start.spawn(stateDir, ['a wrong key', '--once'], { OPENAI_BASE_URL, OPENAI_API_KEY: 'sk-wrong' });
  expect(await parked.end()).toBe(4);
  refusing.close();
  expect(parked.stdout).toMatch(/rewrite needs attention: .*401.*\(Provider\.Unauthorized\)/);
  expect(parked.stdout).toMatch(/storyreel retry \S+ rewrite/);

  const again = start('a wrong key', '--json');
  await again.until('the rewritten text', () => again.events.some(({ type }) => type === 'done'));
  expect(again.stderr).toContain('rewrite waited for attention and is tried again');
});

it('begins anew with --fresh, keeps the films, runs alone, and leaves no process after Ctrl-C', async () => {
  const films = readdirSync(join(stateDir, 'films'));
  const first = start('--fresh', '--tokens-per-second', '5', '--json');
  await first.until('the first token', () => first.events.some(({ type }) => type === 'token'));
  const before = first.processes();
  expect(first.stderr).not.toContain('Continuing with');
  const requests = requestsIn(stateDir);
  expect(requests).not.toEqual([]);
  expect(requests.filter(({ prompt }) => /fox|wrong key/.test(prompt))).toEqual([]);
  expect(readdirSync(join(stateDir, 'films'))).toEqual(films);

  const inShell = `. "${join(stateDir, 'env')}" && storyreel doctor && storyreel status`;
  const found = await until('the doctor finds nothing, however busy the machine is', async (saw) => {
    const { stdout, code } = await ran('sh', ['-c', inShell], { PATH: process.env.PATH });
    return saw({ stdout, code }).code === 0 && stdout;
  });
  expect(found).toMatch(/✓ temporal[^]*✓ video[^]*processing .* The night all clocks/);

  const second = start('--once');
  expect(await second.end()).toBe(1);
  expect(second.stderr).toMatch(
    /^npm start: Storyreel already runs in .* \(process \d+\)\. Its Temporal UI: http:\S+\. /,
  );
  expect(second.stderr).toContain(`process ${first.pid}`);
  expect(second.stderr.trimEnd().split('\n')).toHaveLength(1);
  expect(noneAlive(before.values())).toBe(false);

  first.signal('SIGINT');
  expect(await first.end()).toBe(130);
  expect(first.stderr).toContain('Stopping (SIGINT). "npm start" continues where it was.');
  expect(noneAlive(before.values())).toBe(true);
});

it.each([
  ['an empty topic', ['  '], /topic is empty/],
  ['a topic of 100 kB', ['a'.repeat(100_000)], /100000 bytes long; at most 20000/],
  ['no scenes', ['--scenes', '0'], /from 1 to 500/],
  ['an unknown option', ['--quick'], /unknown option '--quick'/],
])('refuses %s before anything is started', async (_, args, message) => {
  const refused = start(...args);
  expect(await refused.end()).toBe(2);
  expect(refused.stderr).toMatch(message);
  expect(refused.stderr).toMatch(/^npm start: .*\n$/);
});

it.each(['start', 'dev'] as const)('runs in the process that npm passes signals to, by npm run %s', async (script) => {
  const folder = join(stateDir, script);
  mkdirSync(folder);
  // In place of both programs: the build ends, what follows stays.
  const node = '#!/bin/sh\ncase "$1" in */build.mjs) exit;; esac\necho $$; exec sleep 60\n';
  writeFileSync(join(folder, 'node'), node, { mode: 0o755 });
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> };
  const child = spawn('sh', ['-c', scripts[script] ?? ''], { env: { PATH: `${folder}:${process.env.PATH}` } });
  const [pid] = (await once(child.stdout, 'data')) as [Buffer];
  child.kill();
  await once(child, 'exit');
  expect(Number(pid)).toBe(child.pid);
});

it('states in one line that the state folder cannot be used', async () => {
  const file = join(stateDir, 'a-file');
  writeFileSync(file, '');
  const refused = Start.spawn(join(file, 'state'), []);
  expect(await refused.end()).toBe(1);
  expect(refused.stderr).toMatch(/^npm start: Cannot write to the folder .*\n$/);
});
