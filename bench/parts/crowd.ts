import { setTimeout as sleep } from 'node:timers/promises';
import type { Ground } from '../harness/ground';
import { usageOf } from '../harness/process-usage';
import type { Latencies } from '../harness/tally';
import { until } from '../harness/until';
import { Viewers } from '../harness/viewers';
import type { OpenPath, Path } from '../paths/path';
import { nowMicros } from '../stand-in/clock';
import { labelsOf } from './steady';

/** Many viewers of one text, and many that come back at once. Milliseconds, bytes. */
export interface CrowdRun {
  readonly path: string;
  readonly viewers: number;
  readonly latency: Latencies;
  /** JavaScript memory in use, by viewer; without what the viewer's own screen holds. */
  readonly heapPerViewer: number;
  /** CPU seconds of the viewers' process per 1,000 tokens shown. */
  readonly viewersCpu: number;
  readonly storm: {
    readonly viewers: number;
    /** From the moment at which all of them connect until the last one sees the text so far. */
    readonly allSeeMs: number;
    readonly right: number;
    /** Meanwhile, of a viewer who was there before. */
    readonly latencyMeanwhile: Latencies;
  };
}

const RATE = 50;

export async function crowdRun(
  ground: Ground,
  path: Path,
  open: OpenPath,
  sizes: { readonly viewers: number; readonly storm: number; readonly seconds: number },
): Promise<CrowdRun> {
  await ground.begin(RATE);
  const [label = ''] = labelsOf('crowd', 1);
  const streams = await open.prepare([label]);
  const handle = streams[0]?.handle ?? '';
  const crowdOf = (count: number, name: string) =>
    Array.from({ length: count }, (_, i) => ({ label: `${name}-${i}`, handle }));
  const crowd = crowdOf(sizes.viewers, 'viewer');
  const viewers = await Viewers.open(path.reader, ground.services);
  const storm = await Viewers.open(path.reader, ground.services);
  try {
    await viewers.watch(crowd.slice(0, 1));
    await open.run(streams);
    await until(20_000, async () => ((await ground.answers())[0]?.next ?? 0) > 0);
    // Measured with one viewer in mid-text, so that the difference is the cost of the other viewers.
    await sleep(sizes.seconds * 1000);
    const alone = await viewers.heap();
    await viewers.watch(crowd.slice(1));
    await sleep(500);
    const before = usageOf(viewers.pid);
    const from = nowMicros();
    await sleep(sizes.seconds * 1000);
    const to = nowMicros();
    const after = usageOf(viewers.pid);
    const latency = await viewers.latencies(from, to);
    const heapPerViewer = ((await viewers.heap()) - alone) / (sizes.viewers - 1);

    const late = crowdOf(sizes.storm, 'late');
    const stormFrom = nowMicros();
    await storm.watch(late);
    const stormTo = nowMicros();
    await sleep(1_000);
    await ground.finish();
    const count = (await ground.answers())[0]?.next ?? 0;
    const expected = Object.fromEntries(late.map((each) => [each.label, count]));
    const right = async () =>
      Object.values(await storm.shown(expected)).filter(({ verdict, ended }) => ended && verdict === 'right').length;
    await until(10_000, async () => (await right()) === sizes.storm);
    return {
      path: path.name,
      viewers: sizes.viewers,
      latency,
      heapPerViewer,
      viewersCpu: (after.cpuSeconds - before.cpuSeconds) / ((sizes.viewers * RATE * ((to - from) / 1e6)) / 1000),
      storm: {
        viewers: sizes.storm,
        allSeeMs: (stormTo - stormFrom) / 1000,
        right: await right(),
        latencyMeanwhile: await viewers.latencies(stormFrom, stormTo),
      },
    };
  } finally {
    await ground.finish();
    await storm.close();
    await viewers.close();
  }
}
