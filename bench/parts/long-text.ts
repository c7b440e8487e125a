import { Redis } from 'ioredis';
import type { Ground } from '../harness/ground';
import { until } from '../harness/until';
import { Viewers } from '../harness/viewers';
import type { OpenPath, Path } from '../paths/path';
import { labelsOf } from './steady';

/** The cost of a token of a long text in Redis, in bytes on the wire; in each tenth of the text. */
export interface LongTextRun {
  readonly path: string;
  readonly bytes: number;
  readonly tokens: number;
  /** The bytes from the worker into Redis. */
  readonly inPerToken: readonly number[];
  /** The bytes from Redis to one viewer. */
  readonly outPerToken: readonly number[];
  readonly inMean: number;
  readonly outMean: number;
}

/**
 * The measured tokens. The text has some more before and after them: events that occur once are not the cost of a
 * token.
 */
const TOKENS = 5_000;
const BEFORE = 250;
const WRITTEN = BEFORE + TOKENS + 250;
const RATE = 400;

interface Sample {
  readonly tokens: number;
  readonly input: number;
  readonly output: number;
}

/** One text of about 60 KB to one viewer. */
export async function longTextRun(ground: Ground, path: Path, open: OpenPath): Promise<LongTextRun> {
  await ground.begin(RATE, WRITTEN);
  const [label = ''] = labelsOf('long', 1);
  const streams = await open.prepare([label]);
  const viewers = await Viewers.open(path.reader, ground.services);
  const redis = new Redis(ground.services.redisUrl);
  let own = 0;
  const sample = async (): Promise<Sample> => {
    const info = await redis.info('stats');
    const number = (name: string) => Number(new RegExp(`${name}:(\\d+)`).exec(info)?.[1]);
    const taken = {
      tokens: (await ground.answers())[0]?.next ?? 0,
      input: number('total_net_input_bytes'),
      output: number('total_net_output_bytes') - own,
    };
    own += info.length;
    return taken;
  };
  try {
    await viewers.watch(streams);
    await open.run(streams);
    await until(20_000, async () => ((await ground.answers())[0]?.next ?? 0) >= BEFORE);
    const samples = [await sample()];
    for (let tenth = 1; tenth <= 10; tenth++) {
      const due = BEFORE + Math.floor((TOKENS * tenth) / 10);
      await until(60_000, async () => ((await ground.answers())[0]?.next ?? 0) >= due);
      samples.push(await sample());
    }
    const shown = (await viewers.shown({ [label]: WRITTEN }))[label];
    const perToken = (key: 'input' | 'output') =>
      samples.slice(1).map((now, i) => {
        const before = samples[i] as Sample;
        return Math.round((now[key] - before[key]) / Math.max(1, now.tokens - before.tokens));
      });
    const [first, last] = [samples[0] as Sample, samples.at(-1) as Sample];
    return {
      path: path.name,
      bytes: shown?.bytes ?? 0,
      tokens: TOKENS,
      inPerToken: perToken('input'),
      outPerToken: perToken('output'),
      inMean: Math.round((last.input - first.input) / (last.tokens - first.tokens)),
      outMean: Math.round((last.output - first.output) / (last.tokens - first.tokens)),
    };
  } finally {
    redis.disconnect();
    await viewers.close();
    await ground.finish();
  }
}
