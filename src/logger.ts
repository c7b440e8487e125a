import { pino, type DestinationStream, type Logger } from 'pino';
import { loggedError } from './logged-error';
import { scrub, scrubWithin } from './scrub';

export type { Logger };

/**
 * Structured logs on stderr, one JSON object a line, so that stdout stays free for what a command prints. Whatever is given
 * to be logged, a line holds no key, and of an error neither statements nor parameters nor bodies.
 */
export function createLogger(
  level: string,
  name: string,
  to: DestinationStream = pino.destination({ dest: 2, sync: true }),
): Logger {
  return pino(
    {
      name,
      level,
      serializers: { err: loggedError, error: loggedError },
      // Without a message of the line's own, the library would take the error's as it is.
      hooks: {
        logMethod(given, log) {
          const [fields] = given as unknown[];
          if (given.length > 1 || typeof fields !== 'object') log.apply(this, given);
          else log.apply(this, [fields instanceof Error ? { err: fields } : fields, '']);
        },
      },
      redact: {
        paths: ['apiKey', '*.apiKey', 'authorization', '*.authorization', 'headers.authorization'],
        censor: '[hidden]',
      },
    },
    { write: (line) => to.write(scrubbedLine(line)) },
  );
}

/** A key is taken out of texts only, so that the line stays the JSON that it is. */
function scrubbedLine(line: string): string {
  return scrub(line) === line ? line : `${JSON.stringify(scrubWithin(JSON.parse(line)))}\n`;
}
