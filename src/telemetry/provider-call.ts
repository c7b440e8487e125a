import { SpanKind } from '@opentelemetry/api';
import { inSpan } from './spans';

export interface ProviderCall {
  readonly operation: 'chat' | 'generate_image' | 'submit_video' | 'await_video' | 'download_video';
  readonly provider: string;
  readonly model: string;
  readonly lane: string;
  readonly attempt: number;
}

/** What a call used, once it has ended. */
export interface CallUsage {
  readonly input: number;
  readonly output: number;
}

/**
 * Runs a call to a provider in a span, named as OpenTelemetry names calls to models. The trace ends here: a provider gets
 * no id of ours.
 *
 * Source: OpenTelemetry semantic conventions for generative AI.
 */
export function providerCall<T>(call: ProviderCall, work: () => Promise<T>, usage?: CallUsage): Promise<T> {
  const attributes = {
    'gen_ai.operation.name': call.operation,
    'gen_ai.provider.name': call.provider,
    'gen_ai.request.model': call.model,
    'storyreel.lane': call.lane,
    'storyreel.attempt': call.attempt,
  };
  return inSpan(`${call.operation} ${call.model}`, { kind: SpanKind.CLIENT, attributes }, async (span) => {
    try {
      return await work();
    } finally {
      if (usage) {
        span.setAttributes({ 'gen_ai.usage.input_tokens': usage.input, 'gen_ai.usage.output_tokens': usage.output });
      }
    }
  });
}
