import { createInterface } from 'node:readline';
import { join } from 'node:path';
import type { Stack } from '../stack';
import { lastLine, startGuest } from './guest';

interface StudioPlace {
  readonly stateDir: string;
  readonly tokensPerSecond: number;
}

/** Starts the stand-in provider as a process of its own and returns its base URL. Its results outlive it. */
export async function startStudio(stack: Stack, { stateDir, tokensPerSecond }: StudioPlace): Promise<string> {
  const logFile = join(stateDir, 'logs', 'studio.log');
  const child = startGuest(stack, {
    name: 'studio',
    script: 'dev/studio/main.js',
    args: [
      ...['--state-dir', join(stateDir, 'studio'), '--ffmpeg', stack.ffmpegPath],
      ...['--tokens-per-second', String(tokensPerSecond), '--exit-with-stdin'],
    ],
    env: {},
    logFile,
    talks: true,
  });
  const output = createInterface({ input: child.stdout ?? process.stdin });
  return new Promise((resolve, reject) => {
    output.once('line', (line) => resolve((JSON.parse(line) as { url: string }).url));
    child.once('exit', () => reject(new Error(`The stand-in provider did not start: ${lastLine(logFile)}`)));
  });
}
