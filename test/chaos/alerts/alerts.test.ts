import { parse } from 'yaml';
import { ModelProvider } from '../../../src/entities';
import { projectFile } from '../../architecture/project-files';
import { longText } from '../../support/long-rewrite';
import { ownTopic, watchToEnd, withTemporal, workflowOf } from '../../support/stories';
import { until } from '../../support/until';
import { WatchedWorld, type Begun } from './watched-world';

/** They look at how fast things go, and a busy machine may be slow: no film without a fault is free of them. */
const OF_SPEED = ['EventLoopBusy', 'HeartbeatsLate', 'PublishSlow', 'FirstTokenSlow', 'TokensSlow', 'PoolUsedUp'];

const rules = parse(projectFile('docs/grafana/alerts.yml')) as { groups: { rules: { alert: string }[] }[] };
const fired = new Set<string>();
const world = new WatchedWorld();

beforeAll(() => world.open());
afterAll(() => world.close());

async function fires(...names: readonly string[]): Promise<void> {
  for (const name of names) {
    await world.fires(`Storyreel${name}`);
    fired.add(`Storyreel${name}`);
  }
}

async function cancel(begun: readonly Begun[]): Promise<void> {
  for (const { projectId } of begun) await world.client.cancel(projectId);
}

/** A text that comes in so many seconds. */
const slowly = (mark: string, seconds: number) => ({ text: longText(mark, 3 * seconds), tokensPerSecond: 25 });

describe('Each alert fires at its fault, made for real', () => {
  test('runs that do not move, and none where a film is made', async () => {
    const { topic, mark } = ownTopic();
    await world.studio.misbehave(mark, 'chat', { hold: 0 });
    const projectId = await world.client.create({ topic, settings: { scenes: 1 } });
    await world.client.start(projectId);
    await fires('NoProgress');
    await world.studio.release(mark);
    await watchToEnd(world.client, projectId);
    const left = OF_SPEED.map((name) => `Storyreel${name}`);
    await until('no alert fires', async (saw) => {
      const firing = saw(await world.prometheus.firing());
      return firing.every((name) => left.includes(name));
    });
  });

  test('a key that is refused, a lane that is parked and forgotten, and a run that is terminated', async () => {
    const { projectId } = await world.begin([{ status: 401 }]);
    await fires('ProviderRefusesUs', 'LaneParked');
    await world.database.dataSource.query(
      `UPDATE lanes SET finished_at = now() - interval '5 hours' WHERE status = 'needs_attention'`,
    );
    await fires('LaneForgotten');
    await withTemporal(world.config, (temporal) => workflowOf(temporal, projectId).terminate('by hand'));
    await world.client.reconcile({ graceSeconds: 0 });
    await fires('RunsFail');
    await world.ceases('StoryreelLaneParked');
  });

  test('a provider that fails, and one that limits us', async () => {
    const { topic, mark } = ownTopic();
    await world.studio.writeAbout(mark);
    await world.studio.misbehave(mark, 'image', { status: 503 }, 3);
    await world.studio.misbehave(mark, 'video_submit', { status: 429, retryAfter: 0.1 }, 4);
    const projectId = await world.client.create({ topic, settings: { scenes: 1 } });
    await world.client.start(projectId);
    await fires('ProviderFails', 'ProviderLimits');
    await watchToEnd(world.client, projectId);
  });

  test('answers that cannot be used, and what they cost', async () => {
    for (const _ of [1, 2, 3]) {
      const { topic, mark } = ownTopic();
      await world.studio.writeAbout(mark);
      await world.studio.misbehave(mark, 'chat', { bad_json: 'not_json' }, 3);
      await world.client.start(await world.client.create({ topic, settings: { scenes: 1 } }));
    }
    await fires('AttemptsFail', 'MoneyWasted');
  });

  test('a budget that is spent', async () => {
    await world.begin([], 0.000_001);
    await fires('BudgetRefuses');
  });

  test('first tokens, texts and a Redis that are slow', async () => {
    const begun: Begun[] = [];
    // Both rules look at the share of a provider's texts that are slow, so these films have a provider of their own.
    const providers = world.database.dataSource.getRepository(ModelProvider);
    await providers.update({ name: 'writer' }, { name: 'slow writer' });
    for (let i = 0; i < 8; i++) begun.push(await world.begin([{ slow_first_token: 12_000 }]));
    world.ways.redis.delayMs = 700;
    const text = 'A keeper of a far and lonely light collects every storm that comes.';
    for (let i = 0; i < 12; i++) begun.push(await world.begin([{ text, tokensPerSecond: 2 }]));
    await fires('PublishSlow', 'TokensSlow', 'FirstTokenSlow');
    world.ways.redis.delayMs = 0;
    await cancel(begun);
    await providers.update({ name: 'slow writer' }, { name: 'writer' });
  });

  test('is asked for by every query of the dashboard, which finds something', async () => {
    const dashboard = JSON.parse(projectFile('docs/grafana/storyreel.json')) as {
      panels: { title: string; targets?: { expr: string }[] }[];
    };
    const panels = dashboard.panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => ({ title, expr })));
    expect(panels.length).toBeGreaterThan(40);
    const empty: string[] = [];
    for (const { title, expr } of panels) {
      const query = expr
        .replaceAll('$instance', '.*')
        .replaceAll('$__rate_interval', '15m')
        // What is hidden in a graph while it is 0.
        .replace(/ > 0$/, '');
      if ((await world.prometheus.query(query)).length === 0) empty.push(`${title}: ${query}`);
    }
    expect(empty).toEqual([]);
  });

  test('a pool that is used up', async () => {
    const { dataSource } = world.database;
    const begun: Begun[] = [];
    await dataSource.transaction(async (manager) => {
      await manager.query('LOCK TABLE model_usage IN EXCLUSIVE MODE');
      for (let i = 0; i < 8; i++) begun.push(await world.begin());
      await fires('PoolUsedUp');
    });
    await cancel(begun);
  });

  test('a Redis that refuses', async () => {
    await world.redis.ask((redis) => redis.config('SET', 'maxmemory', '1'));
    const begun = await world.begin();
    await fires('RedisRefuses', 'RedisDown');
    await world.redis.ask((redis) => redis.config('SET', 'maxmemory', '0'));
    await world.ceases('StoryreelRedisDown');
    await cancel([begun]);
  });

  test.each([
    ['redis', 'RedisDown'],
    ['postgres', 'PostgresDown'],
    ['temporal', 'TemporalDown'],
  ] as const)('%s out of reach, and back', async (service, alert) => {
    await world.ways[service].refuse();
    await fires(alert);
    await world.ways[service].accept();
    await world.ceases(`Storyreel${alert}`);
  });

  test('an event loop that has too little time', async () => {
    const alert = 'StoryreelEventLoopBusy';
    await until(`${alert} fires`, async (saw) => {
      world.worker.freeze();
      await new Promise((resolve) => setTimeout(resolve, 400));
      world.worker.thaw();
      return saw(await world.prometheus.firing()).includes(alert);
    });
    fired.add(alert);
  });

  test('a worker that hangs, is taken for dead and comes back', async () => {
    const begun: Begun[] = [];
    for (let i = 0; i < 8; i++) {
      const { topic, mark } = ownTopic();
      await world.studio.misbehave(mark, 'chat', slowly(mark, 60), 2);
      const projectId = await world.client.create({ topic, settings: { scenes: 1 } });
      await world.client.start(projectId);
      begun.push({ projectId, mark });
    }
    const attempts = () =>
      Promise.all(
        begun.map(async ({ projectId }) => {
          const { lanes } = await world.client.status(projectId);
          return lanes.find(({ lane }) => lane === 'rewrite')?.attempt ?? 0;
        }),
      );
    await until('all stream', async (saw) => {
      const [streams] = await world.prometheus.query('sum(storyreel_live_streams)');
      return saw(Number(streams?.value[1])) >= begun.length;
    });
    // A write that is on its way while the worker hangs: the worker may see that it is late before it writes again.
    world.ways.redis.hold();
    await until('each text has a write on its way', async (saw) =>
      saw(begun.map(({ projectId }) => world.ways.redis.holds(projectId))).every(Boolean),
    );
    world.worker.freeze();
    await world.ways.temporal.refuse();
    await world.beginSuccessor();
    await fires('WorkerDown');
    await until('all were taken over', async (saw) => saw(await attempts()).every((attempt) => attempt > 1));
    world.ways.redis.release();
    world.worker.thaw();
    await fires('HeartbeatsLate', 'StaleWrites');
    await cancel(begun);
  });

  test('no worker', async () => {
    await world.worker.kill();
    await fires('NoWorker');
  });

  test('and none is left out', () => {
    const all = rules.groups.flatMap((group) => group.rules.map(({ alert }) => alert));
    expect(all.filter((alert) => !fired.has(alert))).toEqual([]);
  });
});
