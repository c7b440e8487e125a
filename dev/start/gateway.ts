import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import type { Stack } from '../stack';
import { lastLine, startGuest } from './guest';

interface GatewayPlace {
  readonly stateDir: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly note: (line: string) => void;
}

export interface StartedGateway {
  readonly url: string;
  /** Ends the gateway, and starts the code and the page that are there then, at the same address. */
  renew(): Promise<void>;
}

/** Starts the HTTP gateway as a process of its own; undefined if it does not start. */
export async function startGateway(stack: Stack, place: GatewayPlace): Promise<StartedGateway | undefined> {
  // Any free port, unless the environment names one.
  const first = await startAt(stack, place, place.env['GATEWAY_ADDRESS'] || '127.0.0.1:0');
  if (first === undefined) return undefined;
  const { host } = new URL(first.url);
  let running: Promise<Running | undefined> = Promise.resolve(first);
  return {
    url: first.url,
    renew: async () => {
      running = running.then(async (old) => {
        if (old) await ended(old.child);
        return startAt(stack, place, host);
      });
      await running;
    },
  };
}

interface Running {
  readonly child: ChildProcess;
  readonly url: string;
}

async function startAt(
  stack: Stack,
  { stateDir, env, note }: GatewayPlace,
  address: string,
): Promise<Running | undefined> {
  const logFile = join(stateDir, 'logs', 'gateway.log');
  const child = startGuest(stack, {
    name: 'gateway',
    script: 'src/cli/main.js',
    args: ['gateway'],
    env: { ...env, GATEWAY_ADDRESS: address },
    logFile,
    talks: true,
  });
  const output = createInterface({ input: child.stdout ?? process.stdin });
  const url = await new Promise<string | undefined>((resolve) => {
    output.once('line', resolve);
    child.once('exit', () => resolve(undefined));
  });
  if (url !== undefined) return { child, url };
  note(`The HTTP gateway did not start: ${lastLine(logFile)}`);
  return undefined;
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const end = once(child, 'exit');
  child.kill('SIGTERM');
  await end;
}
