import { setTimeout as sleep } from 'node:timers/promises';
import type { Ground } from '../harness/ground';
import { summaryOf, type Summary } from '../harness/summary';
import { until } from '../harness/until';
import type { OpenPath } from '../paths/path';
import { nowMicros } from '../stand-in/clock';
import { labelsOf } from './steady';

const REST_MS = 700;

/** Milliseconds from the call that starts a run until the provider has its first request, one run after the other. */
export async function startUpRun(ground: Ground, open: OpenPath, count: number): Promise<Summary> {
  await ground.begin(1_000, { tokens: 5 });
  const times: number[] = [];
  // The first ones find everything cold, and are not counted.
  const warmUp = 5;
  for (let i = 0; i < count + warmUp; i++) {
    const streams = await open.prepare(labelsOf('start', 1));
    const label = streams[0]?.label;
    const from = nowMicros();
    await open.run(streams);
    const answer = async () => (await ground.answers()).find((each) => each.label === label);
    await until(10_000, async () => (await answer())?.state === 'finished');
    const requestedAt = (await answer())?.requestedAt;
    if (requestedAt === undefined) throw new Error('a run never asked the provider');
    // One at a time: what comes after the text, and is refused, has ended then.
    await sleep(REST_MS);
    if (i >= warmUp) times.push((requestedAt - from) / 1000);
  }
  return summaryOf(times);
}
