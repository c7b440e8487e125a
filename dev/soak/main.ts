import { join, resolve } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { StoryClient } from '../../src/client';
import { readConfig } from '../../src/config';
import { openSandbox } from '../sandbox';
import { MeasuredWorker } from './measured-worker';

const amount = (text: string): number => {
  const value = Number(text);
  if (text.trim() === '' || !(value > 0)) throw new InvalidArgumentError('It must be a number above 0.');
  return value;
};

const flags = new Command('soak')
  .description('Makes short films one after the other, and prints what their worker holds as a JSON object a line.')
  .option('--minutes <number>', 'how long', amount, 10)
  .option('--at-once <number>', 'films at a time', amount, 3)
  .option('--every <seconds>', 'between two lines', amount, 15)
  .parse()
  .opts<{ minutes: number; atOnce: number; every: number }>();

const folder = join(resolve(__dirname, '..', '..', '..'), '.storyreel', 'soak');

async function main(): Promise<void> {
  const sandbox = await openSandbox({ folder });
  try {
    const env = { ...sandbox.env, LOG_LEVEL: 'warn', FRAME_SIZE: '320x180', VIDEO_POLL_MS: '50' };
    const config = readConfig(env);
    const worker = await MeasuredWorker.start(env);
    const client = await StoryClient.connect(config);
    await makeFilms(client, worker);
    await client.close();
    await worker.stop();
  } finally {
    await sandbox.close();
  }
}

async function makeFilms(client: StoryClient, worker: MeasuredWorker): Promise<void> {
  const begun = Date.now();
  const ends = begun + flags.minutes * 60_000;
  let films = 0;
  const one = async () => {
    while (Date.now() < ends) {
      const projectId = await client.create({ topic: `a fox who counts to ${films}`, settings: { scenes: 1 } });
      await client.start(projectId);
      for await (const event of client.watch(projectId)) void event;
      films += 1;
    }
  };
  const line = async () => {
    const measured = { seconds: Math.round((Date.now() - begun) / 1000), films, ...(await worker.measure()) };
    process.stdout.write(`${JSON.stringify(measured)}\n`);
  };
  const timer = setInterval(() => void line(), flags.every * 1000);
  await line();
  await Promise.all(Array.from({ length: flags.atOnce }, one));
  clearInterval(timer);
  await line();
}

main().catch((error: unknown) => {
  process.stderr.write(`soak: ${(error as Error).message}\n`);
  process.exitCode = 1;
});
