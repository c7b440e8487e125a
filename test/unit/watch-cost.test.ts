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

/** So many viewers in the middle of a long text: what `look` finds while they are there, and after they have left. */
async function visit(viewers: number, look: { during(): Promise<void>; after(): Promise<void> }): Promise<void> {
  const story = new WatchedStory();
  const piece = 'one more token ';
  const counts = Array.from({ length: viewers }, () => 0);
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
  await look.during();
  await Promise.all(watches.map((watch) => watch.return(undefined)));
  watches.length = 0;
  await until('all have left', () => story.log.listeners === 0);
  await look.after();
}

test('A viewer costs less than 20 KB in the middle of a long text, and nothing after it has left', async () => {
  // What the first viewers cost once (code that is compiled, modules that are loaded) is no viewer's, and what the suites
  // before this one have left in the process goes with time.
  const nothing = () => Promise.resolve();
  await visit(50, { during: nothing, after: nothing });
  let before = memory();
  await until('the process is at rest', () => {
    const now = memory();
    const resting = Math.abs(now - before) < 100_000;
    before = now;
    return resting;
  });
  // Memory outside of the heap is given back a little after its owner has been collected.
  const costsAtMost = (bytes: number) =>
    until(`a viewer costs at most ${bytes} bytes`, () => (memory() - before) / VIEWERS < bytes, 15_000).then(
      () => undefined,
    );
  await visit(VIEWERS, { during: () => costsAtMost(LIMIT), after: () => costsAtMost(LIMIT / 5) });
});
