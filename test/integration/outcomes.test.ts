import fc from 'fast-check';
import type { QueryRunner } from 'typeorm';
import { removeOldOutcomes } from '../../src/activities/reconcile/reconcile-runs';
import { endRun } from '../../src/activities/runs/end-run';
import { outcomePage } from '../../src/client/outcomes';
import type { Outcome, OutcomeOptions } from '../../src/client';
import { Project } from '../../src/entities';
import { storyRunIdOf, type ProjectId } from '../../src/protocol';
import { withActivityDeps } from '../support/activity-deps';
import { StoryHttpClient } from '../../src/http-client';
import { HttpUser, ownKey, startGateway } from '../support/gateway';
import { createOwnDatabase, type OwnDatabase } from '../support/own-database';
import { startApp, testEnv, type TestApp } from '../support/services';
import { ownTopic, watchText, watchToEnd, withTemporal, workflowOf } from '../support/stories';
import { StudioControl } from '../support/studio-control';
import { until } from '../support/until';

describe('The ends of all runs', () => {
  const studio = new StudioControl();
  let app: TestApp;
  let database: OwnDatabase;

  beforeAll(async () => {
    database = await createOwnDatabase({ poolSize: 10 });
    app = await startApp({ DATABASE_URL: database.url });
  });
  afterAll(async () => {
    await app.close();
    await database.drop();
  });

  const pageAfter = (after?: string, limit = 1_000) =>
    app.client.overview.outcomes({ limit, ...(after !== undefined && { after }) });
  const now = async () => (await pageAfter()).next;

  /** What a reader gets until it has so many; then it leaves. */
  async function readSome(count: number, options: OutcomeOptions): Promise<Outcome[]> {
    const seen: Outcome[] = [];
    for await (const outcome of app.client.outcomes(options)) if (seen.push(outcome) === count) break;
    return seen;
  }

  /** A project of which a run goes on, as its row says. */
  async function running(): Promise<ProjectId> {
    const { id } = await database.dataSource
      .getRepository(Project)
      .save({ name: 'a', topic: 'b', status: 'processing' as const, runId: storyRunIdOf('run-1'), runFence: 1 });
    return id;
  }

  const endOf = (projectId: ProjectId, execution = 'run-1') =>
    ({ projectId, execution, outcome: 'completed', error: null, fence: 2 }) as const;

  test('are one each, however a run ends, for a reader of all projects and for a reader who comes later', async () => {
    const after = await now();
    const leaving = new AbortController();
    const read: Outcome[] = [];
    const reading = (async () => {
      for await (const outcome of app.client.outcomes({ after, signal: leaving.signal })) read.push(outcome);
    })();
    const { client, config } = app;
    const begin = async (how: 'ends' | 'streams', owner?: string) => {
      const { topic, mark } = ownTopic();
      if (how === 'streams') await studio.misbehave(mark, 'chat', { stall: 10 });
      const projectId = await client.create({ topic, ...(owner !== undefined && { owner }) });
      return { projectId, ...(await client.start(projectId, { stages: ['rewrite'] })) };
    };
    const completed = await begin('ends', 'somebody');
    const cancelled = await begin('streams');
    const terminated = await begin('streams');
    await watchToEnd(client, completed.projectId);
    await watchText(client, cancelled.projectId);
    await client.cancel(cancelled.projectId);
    await watchToEnd(client, cancelled.projectId);
    await watchText(client, terminated.projectId);
    await withTemporal(config, (temporal) => workflowOf(temporal, terminated.projectId).terminate('by hand'));
    await client.reconcile({ graceSeconds: 0 });
    await until('the reader has all three', () => read.length >= 3);
    leaving.abort();
    await reading;

    expect(read).toEqual([
      expect.objectContaining({
        projectId: completed.projectId,
        runId: completed.runId,
        owner: 'somebody',
        status: 'completed',
        endedAt: expect.any(Date),
      }),
      expect.objectContaining({ projectId: cancelled.projectId, runId: cancelled.runId, status: 'cancelled' }),
      expect.objectContaining({
        projectId: terminated.projectId,
        runId: terminated.runId,
        status: 'failed',
        error: expect.objectContaining({ type: 'Run.Gone' }),
      }),
    ]);
    expect(await readSome(3, { after })).toEqual(read);
    expect(await readSome(1, { after, owner: 'somebody' })).toEqual(read.slice(0, 1));
    expect(await readSome(2, { after: read[0]?.cursor ?? '' })).toEqual(read.slice(1));
  });

  test('are there once where a step that closes a run is repeated, and once more after a workflow reset', async () => {
    const after = await now();
    const projectId = await running();
    const { dataSource } = database;
    for (const execution of ['run-1', 'run-1', 'run-2']) {
      await dataSource.transaction((manager) => endRun(manager, endOf(projectId, execution)));
    }
    await Promise.all(
      [1, 2].map(() => dataSource.transaction((manager) => endRun(manager, endOf(projectId, 'run-3')))),
    );
    const { outcomes } = await pageAfter(after);
    expect(outcomes.map((each) => each.projectId)).toEqual([projectId, projectId, projectId]);
    expect(new Set(outcomes.map(({ id }) => id)).size).toBe(3);
  });

  test('reach each of two readers once and in one order, in whichever order transactions commit', async () => {
    const { dataSource } = database;
    const step = fc.record({
      at: fc.nat(4),
      what: fc.constantFrom('write', 'commit', 'roll back', 'read', 'read too'),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        const start = await now();
        const readers = [0, 1].map(() => ({ cursor: start, seen: [] as Outcome[] }));
        const read = async (of: number) => {
          const reader = readers[of]!;
          const page = await outcomePage(dataSource, { after: reader.cursor, limit: 2 });
          reader.seen.push(...page.outcomes);
          // A reader that dies knows the cursor of what it has handled.
          reader.cursor = page.outcomes.at(-1)?.cursor ?? page.next;
        };
        const open = new Map<number, { runner: QueryRunner; projectId: ProjectId }>();
        const committed: ProjectId[] = [];
        const end = async (at: number, commits: boolean) => {
          const { runner, projectId } = open.get(at) ?? {};
          if (!runner || !projectId) return;
          open.delete(at);
          if (commits) committed.push(projectId);
          await (commits ? runner.commitTransaction() : runner.rollbackTransaction());
          await runner.release();
        };
        for (const { at, what } of steps) {
          if (what === 'read') await read(0);
          else if (what === 'read too') await read(1);
          else if (what !== 'write') await end(at, what === 'commit');
          else if (!open.has(at)) {
            const projectId = await running();
            const runner = dataSource.createQueryRunner();
            open.set(at, { runner, projectId });
            await runner.startTransaction();
            await endRun(runner.manager, endOf(projectId));
          }
        }
        for (const at of [...open.keys()]) await end(at, true);
        for (const reader of [0, 1]) for (let i = 0; i <= committed.length; i += 1) await read(reader);
        const [one, two] = readers.map(({ seen }) => seen.map(({ projectId }) => projectId));
        expect(one).toEqual(two);
        expect([...(one ?? [])].sort()).toEqual([...committed].sort());
      }),
      { numRuns: 25 },
    );
  });

  test('are removed by age, and a reader whose cursor is older learns that it may have missed some', async () => {
    const { dataSource } = database;
    const before = await now();
    for (const age of ['31 days', '31 days', '29 days']) {
      const projectId = await running();
      await dataSource.transaction((manager) => endRun(manager, endOf(projectId)));
      await dataSource.query(`UPDATE outcomes SET ended_at = now() - $2::interval WHERE project_id = $1`, [
        projectId,
        age,
      ]);
    }
    await withActivityDeps(app.config, (deps) => removeOldOutcomes(deps));
    await expect(pageAfter(before)).rejects.toMatchObject({ type: 'Outcomes.Expired' });
    await expect(readSome(1, { after: before })).rejects.toMatchObject({ type: 'Outcomes.Expired' });
    const kept = await pageAfter(String(Number(before) + 2));
    expect(kept.outcomes).toHaveLength(1);
    expect((await pageAfter()).outcomes.at(-1)).toEqual(kept.outcomes[0]);
    // Of a database that has come further than this one.
    await expect(pageAfter(String(Number(kept.next) + 1))).rejects.toMatchObject({ type: 'Outcomes.Expired' });
    await expect(pageAfter('x')).rejects.toMatchObject({ type: 'Project.Invalid' });
  });

  test('go with their project', async () => {
    const after = await now();
    const projectId = await running();
    await database.dataSource.transaction((manager) => endRun(manager, endOf(projectId)));
    await app.client.delete(projectId);
    expect((await pageAfter(after)).outcomes).toEqual([]);
  });

  test('are read over HTTP by their owner alone', async () => {
    const { owner, secret } = await ownKey(app);
    const ids = [await running(), await running(), await running()];
    await database.dataSource.query('UPDATE projects SET owner = $1 WHERE id = ANY ($2::uuid[])', [
      owner,
      ids.slice(1),
    ]);
    for (const id of ids) await database.dataSource.transaction((manager) => endRun(manager, endOf(id)));
    const gateway = await startGateway({ ...testEnv(), DATABASE_URL: database.url });
    try {
      const user = new HttpUser(gateway.url, secret);
      const first = await user.ask('GET', '/v1/outcomes?limit=1');
      expect(first.body.outcomes).toEqual([expect.objectContaining({ projectId: ids[1], status: 'completed', owner })]);
      const link = /^<([^>]+)>; rel="next"$/.exec(first.headers.get('link') ?? '')?.[1] ?? '';
      const second = await user.ask('GET', link);
      expect(second.body.outcomes).toEqual([expect.objectContaining({ projectId: ids[2] })]);
      const last = await user.ask('GET', `/v1/outcomes?after=${second.body.next}`);
      expect([last.body.outcomes, last.headers.get('link')]).toEqual([[], null]);
      expect(await user.ask('GET', '/v1/outcomes?after=999999999')).toMatchObject({
        status: 410,
        body: { code: 'Outcomes.Expired' },
      });

      // A loop gets them one after the other, and ends with its client.
      const over = new StoryHttpClient({ url: gateway.url, token: secret });
      const seen: Outcome[] = [];
      for await (const outcome of over.outcomes({ owner })) {
        if (seen.push(outcome) === 2) void over.close();
      }
      expect(seen).toEqual([
        expect.objectContaining({ projectId: ids[1], endedAt: expect.any(Date) }),
        expect.objectContaining({ projectId: ids[2] }),
      ]);
      await expect(over.outcomes({ after: '999999999' }).next()).resolves.toEqual({ done: true, value: undefined });
      const other = new StoryHttpClient({ url: gateway.url, token: secret });
      await expect(other.outcomes({ after: '999999999' }).next()).rejects.toMatchObject({ type: 'Outcomes.Expired' });
    } finally {
      await gateway.stop();
    }
  });
});
