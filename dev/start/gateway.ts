import { createInterface } from 'node:readline';
import { join } from 'node:path';
import type { Stack } from '../stack';
import { lastLine, startGuest } from './guest';

interface GatewayPlace {
  readonly stateDir: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly note: (line: string) => void;
}

/** Starts the HTTP gateway as a process of its own; returns its address, or undefined if it does not start. */
export async function startGateway(stack: Stack, { stateDir, env, note }: GatewayPlace): Promise<string | undefined> {
  const logFile = join(stateDir, 'logs', 'gateway.log');
  const child = startGuest(stack, {
    name: 'gateway',
    script: 'src/cli/main.js',
    args: ['gateway'],
    // Any free port, unless the environment names one.
    env: { ...env, GATEWAY_ADDRESS: env['GATEWAY_ADDRESS'] || '127.0.0.1:0' },
    logFile,
    talks: true,
  });
  const said = createInterface({ input: child.stdout ?? process.stdin });
  const url = await new Promise<string | undefined>((resolve) => {
    said.once('line', resolve);
    child.once('exit', () => resolve(undefined));
  });
  if (url === undefined) note(`The HTTP gateway did not start: ${lastLine(logFile)}`);
  return url;
}
