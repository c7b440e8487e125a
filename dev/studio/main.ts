import { join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { z } from 'zod';
import { faultRuleSchema, type FaultRule } from './faults';
import type { StudioOptions } from './options';
import { startStudio } from './start-studio';

type Flags = Omit<StudioOptions, 'ffmpegPath'> & { ffmpeg?: string; exitWithStdin?: boolean };

const amount = (text: string): number => {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0)) throw new InvalidArgumentError('It must be a number that is not negative.');
  return value;
};

const rules = (text: string): FaultRule[] => {
  try {
    return z.array(faultRuleSchema).parse(JSON.parse(text));
  } catch (error) {
    throw new InvalidArgumentError(`It must be a JSON list of fault rules. ${(error as Error).message}`);
  }
};

const flags = new Command('studio')
  .description(
    'A stand-in AI provider: chat, images and videos in the shape of the OpenAI API. Prints {"url": …} when ready.',
  )
  .option('--port <number>', 'port on 127.0.0.1; 0 takes a free one', amount, 0)
  .option('--state-dir <folder>', 'where video jobs and files live', join('.storyreel', 'studio'))
  .option('--ffmpeg <path>', 'the ffmpeg to run; the one on PATH when absent')
  .option('--tokens-per-second <number>', 'speed of a chat stream; 0 is as fast as possible', amount, 0)
  .option('--first-token-delay-ms <number>', 'wait before the first token', amount, 0)
  .option('--video-delay-ms <number>', 'time that a video job takes before it is rendered', amount, 0)
  .option('--seed <number>', 'another seed gives other stories and other pictures', amount, 1)
  .option('--api-key <key>', 'answer 401 to any other key')
  .option('--strict', "refuse what today's services refuse")
  .option('--faults <json>', 'list of fault rules that are planned from the start', rules)
  .option('--exit-with-stdin', 'end when standard input closes')
  .parse()
  .opts<Flags>();

async function main(): Promise<void> {
  const { ffmpeg, exitWithStdin, ...options } = flags;
  const studio = await startStudio({ ...options, ...(ffmpeg === undefined ? {} : { ffmpegPath: ffmpeg }) });
  const end = (): void => void studio.close().finally(() => process.exit(0));
  process.once('SIGTERM', end).once('SIGINT', end);
  process.once('disconnect', end);
  if (exitWithStdin) process.stdin.once('close', end).once('end', end).resume();
  process.stdout.write(`${JSON.stringify({ url: studio.url })}\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(`The studio could not start: ${(error as Error).message}\n`);
  process.exitCode = 1;
});
