import { setTimeout as sleep } from 'node:timers/promises';
import { StoryClient } from '../../src/client';
import { readConfig } from '../../src/config';
import type { ProjectId } from '../../src/protocol';
import type { Ground } from '../harness/ground';
import { summaryOf, type Summary } from '../harness/summary';
import { until } from '../harness/until';
import { storyreel } from '../paths/path';
import { environment } from '../paths/storyreel';
import type { Answer } from '../stand-in/answers';
import { nowMicros } from '../stand-in/clock';
import { labelsOf } from './steady';

export interface CancelLoad {
  readonly streams: number;
  readonly cancels: number;
  /** No Redis listens there, neither for the worker nor for the client. */
  readonly redisAway?: true;
}

/** Milliseconds from the call to the close of the provider's socket, and to the call's own return. */
export interface CancelRun {
  readonly streams: number;
  readonly redis: 'there' | 'away';
  readonly closed: Summary;
  readonly returned: Summary;
  /** Cancelled streams that the worker never closed, or closed before it was asked. */
  readonly wrong: number;
}

/** The measured cases, and the highest allowed 99th percentile. */
export const CANCELS: readonly { readonly load: CancelLoad; readonly what: string; readonly limitMs: number }[] = [
  { load: { streams: 20, cancels: 200 }, what: '20 streams', limitMs: 50 },
  { load: { streams: 200, cancels: 200 }, what: '200 streams', limitMs: 250 },
  { load: { streams: 20, cancels: 100, redisAway: true }, what: '20 streams, Redis away', limitMs: 1_000 },
];

const RATE = 50;
/** All streams together; each new one costs starts, which are not what is measured. */
const CANCELS_PER_SECOND = 5;
const START_MS = 120_000;
/** A worker does not rely on the control channel before. */
const SETTLING_MS = 2_500;
const CLOSES_MS = 20_000;
const NOWHERE = 'redis://127.0.0.1:1';

/** Cancels runs in mid-stream at random moments, while so many streams are running; each is followed by a new one. */
export async function cancelRun(ground: Ground, { streams, cancels, redisAway }: CancelLoad): Promise<CancelRun> {
  const services = { ...ground.services, ...(redisAway && { redisUrl: NOWHERE }) };
  await ground.begin(RATE);
  const open = await storyreel.open(services);
  const client = await StoryClient.connect(readConfig(environment(services)));
  const answers = new Map<string, Answer>();
  const look = async () => (await ground.answers()).forEach((answer) => answers.set(answer.label, answer));
  let looking = true;
  const watching = (async () => {
    for (; looking; await sleep(50)) await look();
  })();
  const isStreaming = (label: string) => until(START_MS, async () => (answers.get(label)?.next ?? 0) > 1);

  const calls: { readonly label: string; readonly from: number; readonly returned: number }[] = [];
  const live = new Set<ProjectId>();
  let begun = 0;
  const start = async () => {
    const [stream] = await open.prepare(labelsOf('cancel', 1));
    if (!stream) throw new Error('no stream');
    await open.run([stream]);
    live.add(stream.handle as ProjectId);
    if (!(await isStreaming(stream.label))) throw new Error('a stream was not started');
    return stream;
  };
  const slot = async (first: Awaited<ReturnType<typeof start>>) => {
    for (let stream = first; ; stream = await start()) {
      await sleep(Math.random() * ((2_000 * streams) / CANCELS_PER_SECOND));
      if (begun >= cancels) return;
      begun += 1;
      const projectId = stream.handle as ProjectId;
      const from = nowMicros();
      await client.cancel(projectId);
      calls.push({ label: stream.label, from, returned: nowMicros() });
      live.delete(projectId);
    }
  };

  try {
    const firsts = await Promise.all(Array.from({ length: streams }, start));
    await sleep(SETTLING_MS);
    await Promise.all(firsts.map(slot));
    const allLeft = async () => calls.every(({ label }) => answers.get(label)?.leftAt !== undefined);
    await until(CLOSES_MS, allLeft);
    const closed = calls.map(({ label, from }) => ((answers.get(label)?.leftAt ?? NaN) - from) / 1000);
    return {
      streams,
      redis: redisAway ? 'away' : 'there',
      closed: summaryOf(closed.filter((ms) => ms >= 0)),
      returned: summaryOf(calls.map(({ from, returned }) => (returned - from) / 1000)),
      wrong: closed.filter((ms) => !(ms >= 0)).length,
    };
  } finally {
    looking = false;
    await watching;
    await Promise.all([...live].map((projectId) => client.cancel(projectId)));
    await client.close();
    await open.close();
    await ground.finish();
  }
}
