import { getEventListeners } from 'node:events';
import { onAbort } from '../../src/client/watch/on-abort';
import { until } from '../support/until';
import { WatchedStory } from '../support/watched-story';

const listeners = (signal: AbortSignal) => getEventListeners(signal, 'abort').length;

describe('Any number of watches on one signal', () => {
  test('have one listener there, and none once all have been left', async () => {
    const story = new WatchedStory();
    const { signal } = new AbortController();
    const watches = Array.from({ length: 30 }, () => story.watch({ signal }));
    expect(listeners(signal)).toBe(1);
    await Promise.all(watches.slice(1).map((watch) => watch.return()));
    expect(listeners(signal)).toBe(1);
    await watches[0]?.return();
    expect(listeners(signal)).toBe(0);
  });

  test('are all ended by it', async () => {
    const story = new WatchedStory();
    const leaving = new AbortController();
    const watches = Array.from({ length: 30 }, () => story.watch({ signal: leaving.signal }));
    const all = Promise.all(
      watches.map(async (watch) => {
        for await (const event of watch) void event;
      }),
    );
    await until('all listen', () => story.log.listeners === watches.length);
    leaving.abort();
    await all;
    expect(listeners(leaving.signal)).toBe(0);
  });
});

test('Who is called on an abort may stay away in time, and others are called all the same', () => {
  const controller = new AbortController();
  const called: string[] = [];
  const stay = onAbort(controller.signal, () => called.push('first'));
  onAbort(controller.signal, () => called.push('second'));
  stay();
  stay();
  controller.abort();
  expect(called).toEqual(['second']);
});
