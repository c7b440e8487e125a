import { randomUUID } from 'node:crypto';
import type { Cursor, ProjectId, StoryEvent } from '../../src/protocol';
import { textSeen, typesOf } from '../support/stories';
import { until } from '../support/until';
import { placesOf, REWRITE, verdictsOf, WatchedServices } from './watched-project';

const PIECES = Array.from({ length: 400 }, (_, i) => `雨 ${i} 🎬 `);
const TEXT = PIECES.join('');

describe('Watching a project on Redis and Postgres', () => {
  let services: WatchedServices;
  beforeAll(async () => void (services = await WatchedServices.start()));
  afterAll(() => services.close());

  function expectWhole(seen: readonly StoryEvent[], text: string): void {
    expect(textSeen(seen, REWRITE)).toBe(text);
    expect(new Set(placesOf(seen)).size).toBe(placesOf(seen).length);
  }

  test('viewers who come at any moment of a text see all of it once, and that it is right', async () => {
    const project = await services.begunProject();
    const views: ReturnType<typeof project.view>[] = [];
    for (const piece of PIECES) {
      await project.write(piece);
      if (views.length < 40) views.push(project.view());
    }
    await project.settle();
    await project.end();
    for (const { ended } of views) {
      const seen = await ended;
      expectWhole(seen, TEXT);
      expect(typesOf(seen).filter((type) => type === 'snapshot')).toHaveLength(1);
      expect(seen.at(-1)?.type).toBe('pipeline_done');
      const [late] = seen;
      const settledBefore = late?.type === 'snapshot' && late.lanes[REWRITE]?.verified === true;
      expect(settledBefore ? [true] : verdictsOf(seen)).toEqual([true]);
    }
  });

  test('the same cursor gives the same continuation, however often and however late', async () => {
    const project = await services.begunProject();
    const first = await project.viewer();
    await project.write(...PIECES);
    await project.settle();
    await project.end();
    const all = (await first.ended).slice(1);
    for (const at of [0, 200, all.length - 2]) {
      const from = (all[at] as { id: Cursor }).id;
      const again = [project.view({ from }), project.view({ from })];
      for (const { ended } of again) expect(await ended).toEqual(all.slice(at + 1));
    }
  });

  test('a viewer who is 10,000 events behind gets them all, once and in order', async () => {
    const project = await services.begunProject();
    const { seen } = await project.viewer();
    const from = seen[0]?.id;
    if (!from) throw new Error('the snapshot has no cursor');
    const pieces = Array.from({ length: 10_000 }, (_, i) => `${i} `);
    await project.writeAtOnce(pieces);
    await project.settle();
    await project.end();
    const late = await project.view({ from }).ended;
    expectWhole(late, pieces.join(''));
    expect(late).toHaveLength(10_002);
    expect(verdictsOf(late)).toEqual([true]);
  });

  test('a viewer who reads slowly gets everything at its own pace, the middle from the log', async () => {
    const project = await services.begunProject();
    const watch = project.watch();
    const seen: StoryEvent[] = [];
    const read = async () => {
      const { value, done } = await watch.next();
      if (value) seen.push(value);
      return done !== true;
    };
    await read();
    const pieces = Array.from({ length: 3_000 }, (_, i) => `${i}`.padStart(100, '.'));
    for (let at = 0; at < pieces.length; at += 300) {
      await project.writeAtOnce(pieces.slice(at, at + 300));
      for (let i = 0; i < 10; i++) await read();
    }
    await project.settle();
    await project.end();
    while (await read());
    expectWhole(seen, pieces.join(''));
    expect(typesOf(seen).filter((type) => type === 'snapshot')).toHaveLength(1);
    expect(verdictsOf(seen)).toEqual([true]);
  });

  describe('after the log has expired', () => {
    async function expire(projectId: ProjectId): Promise<void> {
      await services.log.expire(projectId, 1);
      await until('the log is gone', async () => {
        const names = await services.redis.ask((redis) => redis.keys(`story:{${projectId}}*`));
        return names.length === 0;
      });
    }

    test('a viewer sees the same as before, from Postgres, also with a cursor', async () => {
      const project = await services.begunProject();
      await project.write(TEXT);
      await project.settle();
      await project.end();
      const [before] = await project.view().ended;
      await expire(project.id);
      for (const options of [{}, { from: before?.id as Cursor }]) {
        const [after, ...more] = await project.view(options).ended;
        expect(more).toEqual([]);
        const {
          id: _,
          cursor: __,
          timestamp: ___,
          ...rest
        } = before as { id: string; cursor: string; timestamp: number };
        expect(after).toMatchObject(rest);
        expect(after).toMatchObject({ status: 'completed', lanes: { rewrite: { text: TEXT, verified: true } } });
      }
    });

    test('a viewer who was there all the time gets the end from Postgres', async () => {
      const project = await services.begunProject();
      await project.write(TEXT);
      const { seen, ended } = await project.viewer();
      await expire(project.id);
      await project.store();
      await services.dataSource.query(`UPDATE projects SET status = 'completed' WHERE id = $1`, [project.id]);
      const seenAtEnd = await ended;
      expect(typesOf(seen)).toEqual(['snapshot', 'snapshot']);
      expect(seenAtEnd.at(-1)).toMatchObject({ status: 'completed', lanes: { rewrite: { verified: true } } });
    });
  });

  test('of a project that is not there, states it', async () => {
    const watch = services.client.watch(randomUUID() as ProjectId);
    await expect(watch.next()).rejects.toMatchObject({ type: 'Project.NotFound' });
    const from = '1-1' as Cursor;
    await expect(services.client.watch(randomUUID() as ProjectId, { from }).next()).rejects.toMatchObject({
      type: 'Project.NotFound',
    });
    expect(await watch.next()).toEqual({ done: true, value: undefined });
  });

  test('of a project that has not begun, waits and then shows the run', async () => {
    const project = await services.newProject();
    const { seen, ended } = await project.viewer();
    expect(seen).toMatchObject([{ status: 'draft', lanes: {} }]);
    await project.begin();
    await project.write('One ', 'fox');
    await project.settle();
    await project.end();
    const all = await ended;
    expect(typesOf(all)).toEqual(['snapshot', 'stage_update', 'token', 'token', 'done', 'pipeline_done']);
    expectWhole(all, 'One fox');
    expect(verdictsOf(all)).toEqual([true]);
  });

  test('of a project whose run has ended, gives one snapshot and ends', async () => {
    const project = await services.begunProject();
    await project.write('One fox');
    await project.settle();
    await project.end();
    expect(await project.view().ended).toMatchObject([{ type: 'snapshot', status: 'completed' }]);
  });

  test('a text that is not the stored one is stated to be so, and the stored one is shown', async () => {
    const project = await services.begunProject();
    const { seen } = await project.viewer();
    await project.write('One cat');
    await project.settle('One fox');
    await until('the repair', () => typesOf(seen).filter((type) => type === 'snapshot').length === 2);
    expect(verdictsOf(seen)).toEqual([false]);
    expect(textSeen(seen, REWRITE)).toBe('One fox');
    expect(seen.at(-1)).toMatchObject({ lanes: { rewrite: { verified: true } } });
  });
});
