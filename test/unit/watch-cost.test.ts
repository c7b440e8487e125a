import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { until } from '../support/until';
import { WatchedStory } from './watched-story';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const VIEWERS = 500;
const LIMIT = 20_000;

function memory(): number {
  for (let i = 0; i < 3; i++) collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

test('A viewer costs less than 20 KB in the middle of a long text, and nothing after it has left', async () => {
  const story = new WatchedStory();
  const piece = 'one more token ';
  const counts = Array.from({ length: VIEWERS }, () => 0);
  const before = memory();
  // Memory outside of the heap is given back a little after its owner has been collected.
  const costsAtMost = (bytes: number) =>
    until(`a viewer costs at most ${bytes} bytes`, () => (memory() - before) / VIEWERS < bytes, 5_000);
  const watches = counts.map(() => story.watch());
  for (const [i, watch] of watches.entries()) {
    void (async () => {
      for await (const event of watch)
        counts[i] = (counts[i] ?? 0) + (event.type === 'token' ? event.content.length : 1);
    })();
  }
  await until('all have their snapshot', () => counts.every((count) => count > 0));
  for (let i = 0; i < 400; i++) {
    await story.log.inner.append({ writer: story.writer(), offset: i * 150, text: piece.repeat(10) });
  }
  await until('all have read', () => counts.every((count) => count === 1 + 400 * 150));
  await costsAtMost(LIMIT);
  await Promise.all(watches.map((watch) => watch.return(undefined)));
  watches.length = 0;
  await until('all have left', () => story.log.listeners === 0);
  await costsAtMost(LIMIT / 5);
});
