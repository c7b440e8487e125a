import fc from 'fast-check';
import { StoryClient } from '../../src/client';
import { readConfig } from '../../src/config';
import { laneOfRole, parseProjectId, type ProjectId } from '../../src/protocol';
import { expectOurs, failureOf, methodsOf, oddArgument, oddRecipe } from '../support/only-ours';
import { createOwnDatabase } from '../support/own-database';
import { testEnv } from '../support/services';
import { TcpProxy } from '../support/tcp-proxy';
import { until } from '../support/until';

const NOBODY = '00000000-0000-4000-8000-000000000000';
const LANE = laneOfRole('story');
const NEVER = { not: ['Internal', 'Database.Refused'] } as const;

type Given = readonly unknown[];
/** Arguments that each method takes; `one` and `other` are projects that never ran, and only `other` may go. */
type Table = Readonly<Record<string, (one: ProjectId, other: ProjectId) => Given>>;

const OF_CLIENT: Table = {
  create: () => [{ topic: 'a fox' }],
  owner: (one) => [one],
  media: (one) => [one, 'a'.repeat(64)],
  captions: (one) => [one],
  // No project is started: nothing would run it.
  start: () => [NOBODY],
  status: (one) => [one],
  waits: (one) => [one],
  runStatus: (one) => [one],
  edit: (one) => [one, { topic: 'an owl' }],
  editable: (one) => [one],
  textEdits: (one) => [one],
  explain: (one) => [one],
  list: () => [],
  page: () => [],
  watch: (one) => [one],
  pause: (one) => [one],
  resume: (one) => [one],
  retry: (one) => [one, LANE],
  skip: (one) => [one, LANE],
  cancelLane: (one) => [one, LANE],
  approve: (one) => [one, 'rewrite'],
  reject: (one) => [one, 'rewrite', { reason: 'too long' }],
  cancel: (one) => [one],
  delete: (_, other) => [other],
  reconcile: () => [],
  setBudget: (one) => [one, 5],
  batch: () => [[], { batchId: 'no-batch' }],
  batchStatus: () => ['no-batch'],
  watchBatch: () => ['no-batch'],
  outcomes: () => [{ after: '0' }],
  cancelBatch: () => ['no-batch'],
  reach: () => [],
};
const READERS: Readonly<Record<string, Table>> = {
  overview: {
    review: () => [],
    batches: () => [],
    outcomes: () => [],
    estimate: () => [],
    calls: (one) => [one],
    providers: () => [],
  },
  keys: {
    create: () => [{ name: 'walk' }],
    list: () => [],
    revoke: () => ['00000000'],
    find: () => [`sr_00000000_${'a'.repeat(43)}`],
    findInvalid: () => [['00000000']],
    hasAny: () => [],
  },
  sessions: {
    createLoginToken: () => [],
    takeLoginToken: () => ['none'],
    create: () => [],
    find: () => ['none'],
    revoke: () => ['none'],
    list: () => [],
    findInvalid: () => [['none']],
  },
  audit: {
    as: () => ['walker', async () => undefined],
    act: () => ['walk', {}, async () => undefined],
    begin: () => [{ action: 'walk', requestId: 'walk' }],
    end: () => ['0', { status: 200, code: null }],
    add: () => [{ action: 'walk', requestId: 'walk', status: 403, code: null }],
    page: () => [{ limit: 5 }],
  },
  tokens: {
    create: (one) => [one, { seconds: 60 }],
    list: (one) => [one],
    revoke: (one) => [one, 'none'],
    revokeAll: (one) => [one],
    findInvalid: () => [['none']],
  },
  events: { page: (one) => [one] },
};
/** It waits for the next end of a run. */
const answered = (client: StoryClient) => client.overview.outcomes().catch(() => undefined);
const INTERNAL = ['run', 'close'];
const INTERNAL_OF_READERS: Readonly<Record<string, readonly string[]>> = {
  events: ['after', 'nothingNew', 'snapshot'],
  sessions: ['validSession'],
};

const ALL = [
  ...Object.entries(OF_CLIENT).map(([name, given]) => ({ name, given, of: undefined })),
  ...Object.entries(READERS).flatMap(([of, table]) =>
    Object.entries(table).map(([name, given]) => ({ name: `${of}.${name}`, given, of })),
  ),
];

/** Without a worker: what only a worker can answer, the tests of the runs ask. */
describe('The client', () => {
  const proxies: Record<'postgres' | 'redis' | 'temporal', TcpProxy | undefined> = {
    postgres: undefined,
    redis: undefined,
    temporal: undefined,
  };
  let client: StoryClient;
  let env: Record<string, string>;
  let one: ProjectId;
  let other: ProjectId;
  let bounds: Parameters<typeof expectOurs>[1] = NEVER;
  let database: Awaited<ReturnType<typeof createOwnDatabase>>;

  beforeAll(async () => {
    // Keys that are made here change who may use a gateway.
    database = await createOwnDatabase();
    env = testEnv({ DATABASE_URL: database.url });
    const behind = async (service: keyof typeof proxies, url: URL) => {
      const proxy = await TcpProxy.start(Number(url.port));
      proxies[service] = proxy;
      url.port = String(proxy.port);
      return url;
    };
    env.DATABASE_URL = (await behind('postgres', new URL(env.DATABASE_URL ?? ''))).href;
    env.REDIS_URL = (await behind('redis', new URL(env.REDIS_URL ?? ''))).href;
    env.TEMPORAL_ADDRESS = (await behind('temporal', new URL(`http://${env.TEMPORAL_ADDRESS}`))).host;
    bounds = { ...NEVER, secrets: [new URL(env.DATABASE_URL).password] };
    client = await StoryClient.connect(readConfig(env));
    one = await client.create({ topic: 'a fox' });
    other = await client.create({ topic: 'another fox' });
  });
  afterAll(async () => {
    await client.close();
    await database.drop();
    for (const proxy of Object.values(proxies)) await proxy?.close();
  });

  function methodOf({ name, of }: { readonly name: string; readonly of: string | undefined }) {
    const on = (of === undefined ? client : client[of as 'keys']) as unknown as Record<
      string,
      (...of: unknown[]) => unknown
    >;
    return (...given: Given) => on[name.split('.').at(-1) ?? '']?.(...given);
  }

  test('has no method that is not walked', () => {
    expect(methodsOf(client, INTERNAL)).toEqual(Object.keys(OF_CLIENT).sort());
    const readers = Object.entries(client).filter(
      ([name, value]) =>
        typeof value === 'object' && !['config', 'services', 'calls', 'watched', 'source', 'batches'].includes(name),
    );
    expect(readers.map(([name]) => name).sort()).toEqual(Object.keys(READERS).sort());
    for (const [name, reader] of readers) {
      expect(methodsOf(reader as object, ['run', ...(INTERNAL_OF_READERS[name] ?? [])])).toEqual(
        Object.keys(READERS[name] ?? {}).sort(),
      );
    }
  });

  test('refuses a place of a list with something that is nearly an id', async () => {
    const after = `1_${'-'.repeat(36)}`;
    const refused = [client.page({ after }), client.overview.review({ after: `${after}_gate_rewrite` })];
    for (const each of refused) await expect(each).rejects.toMatchObject({ type: 'Project.Invalid' });
  });

  test.each(['postgres', 'redis', 'temporal'] as const)(
    'states it where %s is away, and works again after it',
    async (service) => {
      await proxies[service]?.refuse();
      // Without Redis a client works all the same; it needs both others.
      const connecting = service === 'redis' ? undefined : failureOf(() => StoryClient.connect(readConfig(env)));
      const failures = await Promise.all(
        // A worker reconciles, and there is none.
        ALL.filter(({ name }) => name !== 'reconcile' || service === 'temporal').map(async (each) => {
          const error = await failureOf(
            () => methodOf(each)(...each.given(one, other)),
            () => answered(client),
          );
          return { name: each.name, error };
        }),
      );
      const refused = await connecting;
      await proxies[service]?.accept();
      expectOurs(refused, bounds);
      if (connecting) expect(refused).toMatchObject({ type: 'Service.Unreachable' });
      for (const { name, error } of failures) {
        try {
          expectOurs(error, bounds);
        } catch (cause) {
          throw new Error(`${name} without ${service}`, { cause });
        }
      }
      expect(
        failures.filter(({ error }) => (error as { type?: string } | undefined)?.type === 'Service.Unreachable'),
      ).not.toEqual([]);
      await until(`${service} answers again`, async () => (await client.reach())[service]);
      expect((await client.status(one)).projectId).toBe(one);
    },
  );

  test.each(ALL)('$name throws nothing but failures of the catalogue, whatever it is given', async (each) => {
    const method = methodOf(each);
    const [first] = each.given(one, other);
    // There is no worker that could reconcile.
    const askable = ([given]: Given) => each.name !== 'reconcile' || !['undefined', 'object'].includes(typeof given);
    await fc.assert(
      fc.asyncProperty(fc.array(oddRecipe, { maxLength: 3 }), async (recipes) => {
        const odd = () => recipes.map(oddArgument);
        if (askable(odd()))
          expectOurs(
            await failureOf(
              () => method(...odd()),
              () => answered(client),
            ),
            bounds,
          );
        if (first !== undefined)
          expectOurs(
            await failureOf(
              () => method(first, ...odd()),
              () => answered(client),
            ),
            bounds,
          );
      }),
      { numRuns: 12 },
    );
  });

  test('reads every column of jsonb, whatever somebody has written there', async () => {
    const { dataSource } = database;
    const own = await client.create({ topic: 'a damaged fox' });
    await dataSource.query(
      `INSERT INTO lanes (project_id, lane, stage, status) VALUES ($1, 'rewrite', 'rewrite', 'needs_attention')`,
      [own],
    );
    await dataSource.query(`INSERT INTO project_stages (project_id, stage) VALUES ($1, 'rewrite')`, [own]);
    await dataSource.query(`INSERT INTO worker_settings (task_queue, settings) VALUES ($1, '{}')`, [
      env.TEMPORAL_TASK_QUEUE,
    ]);
    const columns = [
      ['projects', 'settings'],
      ['projects', 'error'],
      ['projects', 'run_settings'],
      ['lanes', 'error'],
      ['lanes', 'waits_for'],
      ['lanes', 'feedback'],
      ['lanes', 'inputs'],
      ['project_stages', 'error'],
      ['worker_settings', 'settings'],
      ['worker_settings', 'serves'],
    ] as const;
    const known: { table_name: string }[] = await dataSource.query(
      `SELECT table_name FROM information_schema.columns WHERE data_type = 'jsonb' AND table_schema = 'public'`,
    );
    expect(new Set(known.map(({ table_name }) => table_name))).toEqual(
      new Set([...columns.map(([table]) => table), ...['generated_videos', 'model_providers', 'outcomes']]),
    );
    const reading = ALL.filter(({ given, name }) => given(own, other)[0] === own && name !== 'cancel');
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...columns), fc.jsonValue({ maxDepth: 2 }), async ([table, column], value) => {
        const key = table === 'worker_settings' ? 'task_queue' : table === 'projects' ? 'id' : 'project_id';
        const id = table === 'worker_settings' ? env.TEMPORAL_TASK_QUEUE : own;
        await dataSource.query(`UPDATE ${table} SET ${column} = $2 WHERE ${key} = $1`, [id, JSON.stringify(value)]);
        for (const each of reading) {
          const error = await failureOf(() => methodOf(each)(...each.given(own, other)));
          expectOurs(error);
          if (error) expect((error as Error).message).not.toMatch(/^Unexpected/);
        }
        await dataSource.query(`UPDATE projects SET settings = '{}', run_settings = NULL, error = NULL WHERE id = $1`, [
          own,
        ]);
        await dataSource.query(
          `UPDATE lanes SET error = NULL, waits_for = NULL, feedback = '[]', inputs = NULL WHERE project_id = $1`,
          [own],
        );
      }),
      { numRuns: 10 },
    );
    await dataSource.query('DELETE FROM worker_settings WHERE task_queue = $1', [env.TEMPORAL_TASK_QUEUE]);
  });

  test('states to its logger that Redis is away, and that it is back', async () => {
    const lines: string[] = [];
    const logger = { warn: (_fields: object, message: string) => void lines.push(message) };
    const own = await StoryClient.connect(readConfig(env), { logger });
    await proxies.redis?.refuse();
    await until('Redis is missed', () => lines.length > 0);
    await proxies.redis?.accept();
    await until('Redis is back', () => lines.includes('redis is back'));
    expect(lines[0]).toMatch(/^redis is away/);
    await own.close();
  });

  test('is not made of odd settings and options', async () => {
    const connect = StoryClient.connect.bind(StoryClient) as (...given: Given) => Promise<StoryClient>;
    const NAMES = ['by', 'logger', 'metrics', 'connection', 'payloadCodecs', 'postgres', 'redis', 'stages'];
    // Nothing is connected to: what is sound gets as far as a Postgres that is away.
    const away = { ...env, DATABASE_URL: 'postgres://127.0.0.1:1/none' };
    const connection = { workflowService: {} };
    await fc.assert(
      fc.asyncProperty(oddRecipe, fc.constantFrom(...NAMES, ''), async (recipe, name) => {
        const odd = oddArgument(recipe);
        const failures = [
          ...(typeof odd === 'object' ? [] : [await failureOf(() => connect(odd))]),
          await failureOf(() => connect({ ...away, LOG_LEVEL: odd, DATABASE_POOL_SIZE: odd }, { connection })),
          await failureOf(() => connect(away, name === '' ? odd : { connection, [name]: odd })),
        ];
        for (const error of failures) expectOurs(error, bounds);
      }),
      { numRuns: 15 },
    );
  });

  test('names the setting of a namespace that Temporal does not have', async () => {
    const lost = await StoryClient.connect(readConfig({ ...env, TEMPORAL_NAMESPACE: 'no-where' }));
    const projectId = await lost.create({ topic: 'a fox' });
    const ofProject = (['start', 'cancel', 'pause', 'runStatus'] as const).map((name) => () => lost[name](projectId));
    for (const ask of [...ofProject, () => lost.reconcile()]) {
      expect(await failureOf(ask)).toMatchObject({
        type: 'Config.Invalid',
        message: expect.stringMatching(/no namespace "no-where".*TEMPORAL_NAMESPACE/),
      });
    }
    await lost.close();
  });

  test('ends what iterates when it closes, and states so from then on', async () => {
    const own = await StoryClient.connect(readConfig(env));
    const watch = own.watch(one);
    expect((await watch.next()).value?.type).toBe('snapshot');
    const next = watch.next();
    await own.close();
    expect(await next).toEqual({ done: true, value: undefined });
    expect(await failureOf(() => own.status(one))).toMatchObject({ type: 'Client.Closed' });
    expect(await failureOf(() => own.outcomes())).toMatchObject({ type: 'Client.Closed' });
    expect(await failureOf(() => own.watchBatch('no-batch'))).toMatchObject({ type: 'Client.Closed' });
    expect(parseProjectId(one)).toBe(one);
  });
});
