import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { until } from '../support/until';
import { WatchedStory } from '../support/watched-story';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const VIEWERS = 50;

/** Counts the tokens that one viewer sees. In a function of its own, so that nothing here holds the watch. */
function watch(story: WatchedStory, signal: AbortSignal) {
  const watching = story.watch({ signal });
  const seen = { tokens: 0 };
  void (async () => {
    for await (const event of watching) if (event.type === 'token') seen.tokens += 1;
  })();
  return { seen, held: new WeakRef(watching) };
}

/** What a viewer costs while it is there is measured by the bench, in a process of its own: bench/parts/crowd.ts. */
test('Viewers who leave in the middle of a long text leave nothing behind: no listener, and none of them in memory', async () => {
  const story = new WatchedStory();
  const leaving = new AbortController();
  const viewers = Array.from({ length: VIEWERS }, () => watch(story, leaving.signal));
  await until('all listen', () => story.log.listeners === VIEWERS);
  for (let i = 0; i < 400; i++) {
    await story.log.inner.append({ writer: story.writer(), offset: i * 150, text: 'one more token '.repeat(10) });
  }
  await until('all have read', () => viewers.every(({ seen }) => seen.tokens === 400));
  leaving.abort();
  await until('all have left', () => story.log.listeners === 0);
  await until('none is in memory', () => {
    collectGarbage();
    // The engine itself may hold on to the one that it has worked on last.
    return viewers.filter(({ held }) => held.deref() !== undefined).length <= 1;
  });
});
