import { usageOf } from '../../harness/process-usage';
import type { Readers } from '../readers';
import type { Gateway } from '../servers';
import { writeAll } from './crowd';

/** Many stories, each with a few viewers. */
export async function manyStories(gateway: Gateway, readers: Readers, stories: number, seconds: number) {
  const [each, rate] = [5, 10];
  const all = [];
  for (let i = 0; i < stories; i += 1) all.push(await gateway.story());
  const paths = all.map(({ path }) => path);
  await readers.ask({ do: 'open', port: gateway.port, paths, each, marks: true, withinMs: stories * each });
  await readers.ask({ do: 'clear' });
  const [before, readersBefore, began] = [usageOf(gateway.pid), usageOf(readers.pid), performance.now()];
  const tokens = await writeAll(all, rate, seconds);
  const writtenMs = performance.now() - began;
  const [after, readersAfter] = [usageOf(gateway.pid), usageOf(readers.pid)];
  const report = await readers.settled(tokens);
  await readers.ask({ do: 'leave' });
  return {
    stories,
    viewersEach: each,
    tokensPerSecondEach: rate,
    ageMs: report.ages,
    lost: report.lost,
    doubled: report.doubled,
    incomplete: report.next.filter((next) => next < tokens).length,
    /** While the tokens were written. */
    coreShare: ((after.cpuSeconds - before.cpuSeconds) * 1_000) / writtenMs,
    readerShare: ((readersAfter.cpuSeconds - readersBefore.cpuSeconds) * 1_000) / writtenMs,
  };
}
