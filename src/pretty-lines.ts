import type { DestinationStream } from 'pino';
import { standardError } from './logger';

/** For people: a line begins with its time, level and message. The package is loaded only if this format is chosen. */
export async function prettyLines(to: DestinationStream = standardError()): Promise<DestinationStream> {
  const { prettyFactory } = await import('pino-pretty');
  const pretty = prettyFactory({
    colorize: process.stderr.isTTY === true,
    ignore: 'pid,hostname,name',
    singleLine: true,
    translateTime: 'SYS:HH:MM:ss.l',
  });
  return { write: (line) => to.write(pretty(line)) };
}
