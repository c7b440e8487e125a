import { trace, type Span } from '@opentelemetry/api';
import { boundedLine } from '../protocol';

/** A server may write any text as an id or a model name. */
const MAX_BYTES = 200;

/** The facts that an answer states about itself; the conventions' names for them are below. */
export interface ResponseFacts {
  readonly id?: unknown;
  readonly model?: unknown;
  readonly finishReason?: unknown;
}

/**
 * Records the facts of a provider's answer in the span of the current call; it does nothing without tracing. Make it
 * before the request is sent, because the socket's events belong to no span.
 *
 * Source: OpenTelemetry semantic conventions for generative AI.
 */
export class ResponseSpan {
  private readonly span: Span | undefined = trace.getActiveSpan();
  private readonly askedAt = performance.now();
  private hasBegun = false;
  private hasModel = false;

  /** A piece of the answer has arrived: the first one, or one with more facts. */
  came({ id, model, finishReason }: ResponseFacts): void {
    const { span } = this;
    if (!span) return;
    if (!this.hasBegun) {
      this.hasBegun = true;
      span.setAttribute('gen_ai.response.time_to_first_chunk', (performance.now() - this.askedAt) / 1_000);
      if (typeof id === 'string' && id !== '') span.setAttribute('gen_ai.response.id', boundedLine(id, MAX_BYTES));
    }
    if (!this.hasModel && typeof model === 'string' && model !== '') {
      this.hasModel = true;
      span.setAttribute('gen_ai.response.model', boundedLine(model, MAX_BYTES));
    }
    if (typeof finishReason === 'string') {
      span.setAttribute('gen_ai.response.finish_reasons', [boundedLine(finishReason, MAX_BYTES)]);
    }
  }
}
