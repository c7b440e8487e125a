import { SpanStatusCode, trace, type Attributes, type Context, type Span, type SpanKind } from '@opentelemetry/api';
import { StoryreelError } from '../protocol';
import { scrub, scrubWithin } from '../scrub';

/** The tracer of this process; without tracing, nothing is recorded. */
export const tracer = () => trace.getTracer('storyreel');

export interface SpanOptions {
  readonly kind: SpanKind;
  readonly attributes: Attributes;
  readonly parent?: Context;
}

/**
 * Runs `work` in a span of its own. Only the kind of a failure is recorded, because messages and stacks may quote a
 * prompt, a text or a key.
 */
export async function inSpan<T>(name: string, options: SpanOptions, work: (span: Span) => Promise<T>): Promise<T> {
  const { parent, kind } = options;
  const rest = { kind, attributes: scrubWithin(options.attributes) as Attributes };
  const run = async (span: Span): Promise<T> => {
    try {
      return await work(span);
    } catch (error) {
      span.setAttributes(failureAttributes(error));
      span.setStatus({ code: SpanStatusCode.ERROR });
      throw error;
    } finally {
      span.end();
    }
  };
  const named = scrub(name);
  return parent ? tracer().startActiveSpan(named, rest, parent, run) : tracer().startActiveSpan(named, rest, run);
}

function failureAttributes(error: unknown): Attributes {
  const { type, name, status } = (error ?? {}) as { type?: unknown; name?: string; status?: unknown };
  // The errors of the `openai` package differ only by their classes.
  const known = name === 'Error' ? (error as Error).constructor.name : name;
  const kind = error instanceof StoryreelError || name === 'ApplicationFailure' ? type : known;
  return {
    'error.type': typeof kind === 'string' ? kind : 'unknown',
    ...(typeof status === 'number' && { 'http.response.status_code': status }),
  };
}
