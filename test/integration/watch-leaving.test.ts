import type { StoryEvent } from '../../src/protocol';
import { StoryClient } from '../../src/client';
import { readConfig } from '../../src/config';
import { testEnv } from '../support/services';
import { until } from '../support/until';
import { WatchedServices, type WatchedProject } from './watched-project';

/** Far less than what is waited for in these tests would take by itself. */
const PROMPT_MS = 10_000;

describe('A viewer who leaves', () => {
  let services: WatchedServices;
  beforeAll(async () => void (services = await WatchedServices.start()));
  afterAll(() => services.close());

  /** The channels that anyone is subscribed to. */
  async function channels(): Promise<string[]> {
    return services.redis.ask(async (redis) => (await redis.pubsub('CHANNELS', 'story:*')) as string[]);
  }

  async function listenersOf({ id }: WatchedProject): Promise<number> {
    const [, count] = await services.redis.ask((redis) => redis.pubsub('NUMSUB', `story:${id}`));
    return Number(count);
  }

  function timers(): number {
    return process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  }

  async function begunProjects(count: number): Promise<WatchedProject[]> {
    return Promise.all(Array.from({ length: count }, () => services.begunProject()));
  }

  test('costs no connection of its own: fifty viewers of ten projects share one', async () => {
    const projects = await begunProjects(10);
    const leaving = Array.from({ length: 50 }, () => new AbortController());
    const views = await Promise.all(leaving.map(async ({ signal }, i) => projects[i % 10]?.viewer({ signal })));
    expect(await services.redis.connections('storyreel-subscriber')).toBe(1);
    expect(await channels()).toHaveLength(10);
    for (const project of projects) expect(await listenersOf(project)).toBe(1);
    for (const each of leaving) each.abort();
    await Promise.all(views.map(async (view) => view?.ended));
    await until('nobody is subscribed', async () => (await channels()).length === 0);
  });

  const WAYS: Record<string, (project: WatchedProject) => Promise<unknown>> = {
    'by breaking off': async (project) => {
      for await (const event of project.watch()) if (event.type === 'snapshot') break;
    },
    'by returning': async (project) => {
      await (async () => {
        for await (const event of project.watch()) return event;
        return undefined;
      })();
    },
    'by an error of its own': async (project) => {
      const reading = (async () => {
        for await (const event of project.watch()) throw new Error(event.type);
      })();
      await expect(reading).rejects.toThrow('snapshot');
    },
    'by its signal': async (project) => {
      const leaving = new AbortController();
      for await (const event of project.watch({ signal: leaving.signal })) {
        expect(event.type).toBe('snapshot');
        setImmediate(() => leaving.abort());
      }
    },
    'by a signal that had come before': async (project) => {
      const seen: StoryEvent[] = [];
      for await (const event of project.watch({ signal: AbortSignal.abort() })) seen.push(event);
      expect(seen).toEqual([]);
    },
    'while another call waits for the next event': async (project) => {
      const watch = project.watch();
      await watch.next();
      const waiting = watch.next();
      expect(await watch.return(undefined)).toEqual({ done: true, value: undefined });
      expect(await waiting).toEqual({ done: true, value: undefined });
    },
    'with the end of the run': async (project) => {
      const { ended } = await project.viewer();
      await project.end();
      await ended;
    },
  };

  test.each(Object.entries(WAYS))('%s leaves no subscription, timer or listener behind', async (_, leave) => {
    const project = await services.begunProject();
    // Once without counting: pools and clocks of Postgres and Redis are there for good then.
    await leave(await services.begunProject());
    await until('the first has left', async () => (await channels()).length === 0);
    const before = timers();
    const caller = new AbortController();
    const listening = jest.spyOn(caller.signal, 'addEventListener');
    const leftBehind = jest.spyOn(caller.signal, 'removeEventListener');
    const kept = project.view({ signal: caller.signal });
    await until('the snapshot', () => kept.seen.length > 0);
    for (let i = 0; i < 5; i++) await leave(await services.begunProject());
    await until('only one is left', async () => (await channels()).length === 1);
    caller.abort();
    await kept.ended;
    await until('nobody is subscribed', async () => (await channels()).length === 0);
    expect(leftBehind.mock.calls.length).toBe(listening.mock.calls.length);
    await until('its timers are gone', () => timers() <= before);
    expect(await services.redis.connections('storyreel-subscriber')).toBe(1);
  });

  test('ends with the client, which lets every connection go', async () => {
    const config = readConfig(testEnv({ REDIS_URL: services.redis.url }));
    const client = await StoryClient.connect(config);
    const project = await services.begunProject();
    const others = await services.redis.connections('storyreel-subscriber');
    const watches = [client.watch(project.id), client.watch(project.id)];
    for (const watch of watches) await watch.next();
    const waiting = watches.map((watch) => watch.next());
    expect(await services.redis.connections('storyreel-subscriber')).toBe(others + 1);
    await client.close();
    expect(await Promise.all(waiting)).toEqual(waiting.map(() => ({ done: true, value: undefined })));
    await until('its connection is gone', async () => {
      return (await services.redis.connections('storyreel-subscriber')) === others;
    });
    expect(await client.watch(project.id).next()).toEqual({ done: true, value: undefined });
  });

  describe('does so at once', () => {
    async function expectPrompt(project: WatchedProject, wait: () => Promise<unknown>): Promise<void> {
      const leaving = new AbortController();
      const view = project.view({ signal: leaving.signal });
      await wait();
      const asked = performance.now();
      leaving.abort();
      await view.ended;
      expect(performance.now() - asked).toBeLessThan(PROMPT_MS);
    }
    const pause = () => new Promise((resolve) => setTimeout(resolve, 100));

    test('while Redis hangs', async () => {
      const project = await services.begunProject();
      const goOn = services.redis.hang();
      try {
        await expectPrompt(project, pause);
      } finally {
        goOn();
      }
      await until('nobody is subscribed', async () => (await channels()).length === 0);
    });

    test('while Redis is not there', async () => {
      const project = await services.begunProject();
      await services.redis.stop();
      try {
        await expectPrompt(project, pause);
      } finally {
        await services.startRedis();
      }
      // Another one hears again; what this one had asked for is not made any more, or taken back.
      const other = await services.begunProject();
      await other.viewer();
      await until('the other is subscribed', async () => (await listenersOf(other)) === 1);
      await until('this one is not', async () => (await listenersOf(project)) === 0);
    });

    test('while Postgres does not answer', async () => {
      const project = await services.begunProject();
      const runner = services.dataSource.createQueryRunner();
      await runner.startTransaction();
      try {
        await runner.query('LOCK TABLE films IN ACCESS EXCLUSIVE MODE');
        await expectPrompt(project, pause);
      } finally {
        await runner.rollbackTransaction();
        await runner.release();
      }
    });
  });
});
