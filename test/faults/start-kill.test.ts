import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { noneAlive, requestsIn, Starts } from '../support/start';

const starts = new Starts();
const { stateDir } = starts;
const start = (...args: readonly string[]) => starts.spawn(...args);

afterEach(() => starts.endAll());
afterAll(() => rmSync(stateDir, { recursive: true, force: true }));

it('continues after a kill -9 of everything and pays for nothing twice', async () => {
  const killed = start('a lighthouse that hums', '--json', '--scenes', '3');
  await killed.until('the first clip', () =>
    killed.events.some((event) => event.type === 'item_completed' && event.item_type === 'video'),
  );
  const id = killed.events[0]?.project_id ?? '';
  await killed.killAll();

  const again = start('--once');
  expect({ code: await again.end(), stderr: again.stderr }).toMatchObject({ code: 0 });

  expect(again.stderr).toContain('Continuing with "a lighthouse that hums"');
  expect(again.stdout).toContain('The film is done.');
  expect(readdirSync(join(stateDir, 'films')).filter((name) => name.includes(id.slice(0, 8)))).toHaveLength(1);
  const paid = requestsIn(stateDir).filter(({ replayed }) => !replayed);
  const asked = paid.filter(({ kind, prompt }) => kind === 'chat' && prompt.includes('hums'));
  expect(new Set(asked.map(({ prompt }) => prompt)).size).toBe(asked.length);
  const made = (kind: string) => paid.filter((each) => each.kind === kind && each.idempotencyKey?.startsWith(id));
  expect([made('image').length, made('video_submit').length]).toEqual([3, 3]);
});

it('restarts a worker that was killed, and leaves no process after Ctrl-C', async () => {
  const first = start('a slow song', '--tokens-per-second', '5', '--json');
  await first.until('the first token', () => first.events.some(({ type }) => type === 'token'));
  const before = first.processes();
  process.kill(before.get('worker')?.pid ?? 0, 'SIGKILL');
  await first.until('a new worker', () => first.processes().get('worker')?.pid !== before.get('worker')?.pid);
  expect(first.stderr).toContain('The worker ended unexpectedly (SIGKILL) and is started again');
  const after = first.processes();

  first.signal('SIGINT');
  expect(await first.end()).toBe(130);
  expect(noneAlive([...before.values(), ...after.values()])).toBe(true);
});
