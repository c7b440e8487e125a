import { trace } from '@opentelemetry/api';
import { pino, stdTimeFunctions, type DestinationStream, type Logger } from 'pino';
import { logFields } from './log-context';
import { loggedError } from './logged-error';
import { scrub, scrubWithin } from './scrub';

export type { Logger };

const STANDARD_ERROR = 2;

/**
 * Structured logs on stderr, one JSON object per line, so that stdout stays free for a command's output. A line during
 * the work on a lane or another step names its trace, project, run, lane and attempt. A line never contains a key. A
 * logged error contains no statements, no parameters and no bodies.
 */
export function createLogger(level: string, name: string, to: DestinationStream = standardError()): Logger {
  return pino(
    {
      name,
      level,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      mixin: () => ({ ...logFields(), ...activeTrace() }),
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

export function standardError(): DestinationStream {
  return pino.destination({ dest: STANDARD_ERROR, sync: true });
}

/** Named as OpenTelemetry names them, so that a line and its spans find each other. */
function activeTrace(): { readonly trace_id?: string; readonly span_id?: string } {
  const span = trace.getActiveSpan()?.spanContext();
  return span ? { trace_id: span.traceId, span_id: span.spanId } : {};
}

/** A key is taken out of texts only, so that the line stays the JSON that it is. */
function scrubbedLine(line: string): string {
  return scrub(line) === line ? line : `${JSON.stringify(scrubWithin(JSON.parse(line)))}\n`;
}
