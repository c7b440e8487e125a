import { pino, type Logger } from 'pino';

export type { Logger };

/** Structured logs on stderr, one JSON object a line, so that stdout stays free for what a command prints. */
export function createLogger(level: string, name: string): Logger {
  return pino(
    {
      name,
      level,
      redact: {
        paths: ['apiKey', '*.apiKey', 'authorization', '*.authorization', 'headers.authorization'],
        censor: '[hidden]',
      },
    },
    pino.destination({ dest: 2, sync: true }),
  );
}
