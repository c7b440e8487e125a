import { Console } from 'node:console';
import { Writable } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import type { Logger } from '../logger';

/**
 * From now on, output of libraries or Node itself becomes lines of our log: ioredis and others have no logger. An
 * uncaught error also gets its line, before it ends the process.
 */
export function consoleInto(logger: Logger): void {
  globalThis.console = new Console({
    stdout: linesTo((text) => logger.info({ source: 'console' }, text)),
    stderr: linesTo((text) => logger.warn({ source: 'console' }, text)),
    colorMode: false,
  });
  process.removeAllListeners('warning').on('warning', (warning) => {
    logger.warn({ source: 'node', err: warning }, warning.message);
  });
  process.on('uncaughtException', (error) => {
    logger.fatal({ err: error }, 'the worker ends, because nobody has caught an error');
    process.exit(1);
  });
}

function linesTo(write: (text: string) => void): Writable {
  return new Writable({
    write: (chunk: Buffer | string, _encoding, done) => {
      const text = stripVTControlCharacters(String(chunk)).trimEnd();
      if (text !== '') write(text);
      done();
    },
  });
}
