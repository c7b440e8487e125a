import type { StoryEvent } from '../../src/protocol';
import { textSeen, typesOf } from '../support/stories';
import { until } from '../support/until';
import { placesOf, REWRITE, verdictsOf, WatchedServices, type View, type WatchedProject } from './watched-project';

describe('A viewer whose connection to Redis breaks', () => {
  let services: WatchedServices;
  beforeAll(async () => void (services = await WatchedServices.start()));
  afterAll(() => services.close());

  function expectWhole(seen: readonly StoryEvent[], text: string): void {
    expect(textSeen(seen, REWRITE)).toBe(text);
    expect(new Set(placesOf(seen)).size).toBe(placesOf(seen).length);
    expect(verdictsOf(seen)).toEqual([true]);
    expect(seen.at(-1)?.type).toBe('pipeline_done');
  }

  /** Cuts every connection that listens for viewers. */
  async function cutSubscribers(): Promise<number> {
    return services.redis.ask(async (redis) => Number(await redis.call('CLIENT', 'KILL', 'TYPE', 'pubsub')));
  }

  async function end(project: WatchedProject): Promise<void> {
    await project.settle();
    await project.end();
  }

  async function shows(view: View, text: string): Promise<void> {
    await until(`"${text.slice(-20)}" is shown`, () => textSeen(view.seen, REWRITE) === text);
  }

  test('continues where it was, over and over, while the text grows', async () => {
    const project = await services.begunProject();
    const views = await Promise.all(Array.from({ length: 5 }, () => project.viewer()));
    let text = '';
    for (let i = 0; i < 12; i++) {
      expect(await cutSubscribers()).toBe(1);
      for (let piece = 0; piece < 20; piece++) {
        text += `${i}/${piece} `;
        await project.write(`${i}/${piece} `);
      }
      await until('the connection is back', async () => {
        return (await services.redis.connections('storyreel-subscriber')) === 1;
      });
    }
    for (const view of views) await shows(view, text);
    await end(project);
    for (const { ended } of views) {
      const seen = await ended;
      expectWhole(seen, text);
      expect(typesOf(seen).filter((type) => type === 'snapshot')).toHaveLength(1);
    }
  });

  test('learns of an end that was announced while it was cut off', async () => {
    const project = await services.begunProject();
    const view = await project.viewer();
    await project.write('One fox');
    await shows(view, 'One fox');
    await cutSubscribers();
    await end(project);
    expectWhole(await view.ended, 'One fox');
  });

  test('continues after Redis was started again', async () => {
    const project = await services.begunProject();
    const views = [await project.viewer(), await project.viewer()];
    await project.write('One ');
    for (const view of views) await shows(view, 'One ');
    await services.redis.stop();
    await services.startRedis();
    await project.write('fox');
    await end(project);
    for (const { ended } of views) {
      const seen = await ended;
      expectWhole(seen, 'One fox');
      expect(typesOf(seen).filter((type) => type === 'snapshot')).toHaveLength(1);
    }
  });

  test('begins anew where Redis has lost everything, and ends with the whole text', async () => {
    const project = await services.begunProject();
    const view = await project.viewer();
    await project.write('One ');
    await shows(view, 'One ');
    await services.redis.ask((redis) => redis.flushall());
    await cutSubscribers();
    await project.writeAnew('One red fox');
    await shows(view, 'One red fox');
    await end(project);
    const seen = await view.ended;
    expectWhole(seen, 'One red fox');
  });
});
