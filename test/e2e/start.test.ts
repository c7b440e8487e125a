import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { newStateDir, noneAlive, playedSeconds, requestsIn, Start } from './start-support';

let stateDir: string;
const starts: Start[] = [];

function start(...args: readonly string[]): Start {
  const started = Start.spawn(stateDir, args);
  starts.push(started);
  return started;
}

beforeAll(() => {
  stateDir = newStateDir();
});

afterEach(async () => {
  for (const started of starts.splice(0)) {
    started.signal('SIGINT');
    await started.end();
  }
});

afterAll(() => rmSync(stateDir, { recursive: true, force: true }));

it('makes a film that plays, tells of it in events alone, and ends with nothing left running', async () => {
  const making = start('a fox in the snow', '--once', '--json', '--scenes', '2');
  await making.until('the first event', () => making.events.length > 0);
  const processes = making.processes();

  expect(await making.end()).toBe(0);

  const { events } = making;
  expect(events[0]).toMatchObject({ type: 'snapshot', topic: 'a fox in the snow' });
  expect(events.at(-1)).toMatchObject({ type: 'pipeline_done' });
  const [film, ...others] = readdirSync(join(stateDir, 'films'));
  expect(film).toBe(`a-fox-in-the-snow-${events[0]?.project_id.slice(0, 8)}.mp4`);
  expect(others).toEqual([]);
  expect(playedSeconds(stateDir, join(stateDir, 'films', film ?? ''))).toBeGreaterThan(2);
  expect(noneAlive(processes.values())).toBe(true);
});

it('goes on after a kill -9 of everything and pays for nothing twice', async () => {
  const killed = start('a lighthouse that hums', '--json', '--scenes', '3');
  await killed.until('the first clip', () =>
    killed.events.some((event) => event.type === 'item_completed' && event.item_type === 'video'),
  );
  const id = killed.events[0]?.project_id ?? '';
  await killed.killAll();

  const again = start('--once');
  expect(await again.end()).toBe(0);

  expect(again.stderr).toContain('Going on with "a lighthouse that hums"');
  expect(again.stdout).toContain('The film is done.');
  expect(readdirSync(join(stateDir, 'films')).filter((name) => name.includes(id.slice(0, 8)))).toHaveLength(1);
  const paid = requestsIn(stateDir).filter(({ prompt, replayed }) => !replayed && prompt.includes('hums'));
  const count = (kind: string, part = '') =>
    paid.filter((each) => each.kind === kind && each.prompt.includes(part)).length;
  expect(paid.filter(({ kind }) => kind === 'chat').map(({ prompt }) => prompt)).toHaveLength(
    new Set(paid.filter(({ kind }) => kind === 'chat').map(({ prompt }) => prompt)).size,
  );
  expect([count('image'), count('video_submit')]).toEqual([3, 3]);
});

it('leaves a start that runs alone, restarts its worker, and leaves no process after Ctrl-C', async () => {
  const first = start('a slow song', '--tokens-per-second', '5', '--json');
  await first.until('the first token', () => first.events.some(({ type }) => type === 'token'));
  const before = first.processes();

  const second = start('--once');
  expect(await second.end()).toBe(1);
  expect(second.stderr).toMatch(
    /^npm start: Storyreel already runs in .* \(process \d+\)\. Its Temporal UI: http:\S+\. /,
  );
  expect(second.stderr).toContain(`process ${first.pid}`);
  expect(second.stderr.trimEnd().split('\n')).toHaveLength(1);
  expect(noneAlive(before.values())).toBe(false);

  process.kill(before.get('worker')?.pid ?? 0, 'SIGKILL');
  await first.until('a new worker', () => first.processes().get('worker')?.pid !== before.get('worker')?.pid);
  expect(first.stderr).toContain('The worker ended unexpectedly (SIGKILL) and is started again');
  const after = first.processes();

  first.signal('SIGINT');
  expect(await first.end()).toBe(130);
  expect(first.stderr).toContain('"npm start" goes on where it was');
  expect(noneAlive([...before.values(), ...after.values()])).toBe(true);
});

it('begins anew with --fresh, and keeps the films', async () => {
  const films = readdirSync(join(stateDir, 'films'));
  const anew = start('--fresh', '--json', '--tokens-per-second', '5');
  await anew.until('the first event', () => anew.events.length > 0);
  expect(anew.stderr).not.toContain('Going on with');
  expect(requestsIn(stateDir).filter(({ prompt }) => prompt.includes('hums'))).toEqual([]);
  expect(readdirSync(join(stateDir, 'films'))).toEqual(films);
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

it('says in one line that the state folder cannot be used', async () => {
  const file = join(stateDir, 'a-file');
  writeFileSync(file, '');
  const refused = Start.spawn(join(file, 'state'), []);
  expect(await refused.end()).toBe(1);
  expect(refused.stderr).toMatch(/^npm start: Cannot write to the folder .*\n$/);
});
