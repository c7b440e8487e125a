import { SpanKind } from '@opentelemetry/api';
import { serverAttributes } from './server-attributes';
import { inSpan } from './spans';

export interface ProviderCall {
  readonly operation: 'chat' | 'generate_image' | 'submit_video' | 'await_video' | 'download_video';
  /** The provider's name in `model_providers`, or `environment`. */
  readonly provider: string;
  /** The address of the provider. */
  readonly baseUrl?: string;
  readonly model: string;
  readonly lane: string;
  readonly attempt: number;
}

/** The amount that a call used, once it has ended. */
export interface CallUsage {
  readonly input: number;
  readonly output: number;
}

/** What each operation makes. */
export const MADE_BY = {
  chat: 'text',
  generate_image: 'image',
  submit_video: 'video',
  await_video: 'video',
  download_video: 'video',
} as const;

/**
 * Runs a call to a provider in a span, named by OpenTelemetry's conventions for calls to models. The provider's
 * adapter adds the facts of the answer (`ResponseSpan`). The trace ends here: a provider gets no id of ours.
 *
 * Source: OpenTelemetry semantic conventions for generative AI.
 */
export function providerCall<T>(call: ProviderCall, work: () => Promise<T>, usage?: CallUsage): Promise<T> {
  const attributes = {
    'gen_ai.operation.name': call.operation,
    ...serverAttributes(call.baseUrl),
    'gen_ai.request.model': call.model,
    'gen_ai.output.type': MADE_BY[call.operation],
    ...(call.operation === 'chat' && { 'gen_ai.request.stream': true }),
    'storyreel.provider': call.provider,
    'storyreel.lane': call.lane,
    'storyreel.attempt': call.attempt,
  };
  return inSpan(`${call.operation} ${call.model}`, { kind: SpanKind.CLIENT, attributes }, async (span) => {
    let answered = false;
    try {
      const result = await work();
      answered = true;
      return result;
    } finally {
      // A refused call has used nothing, whatever was reckoned for it beforehand.
      if (usage && (answered || usage.output > 0)) {
        span.setAttributes({ 'gen_ai.usage.input_tokens': usage.input, 'gen_ai.usage.output_tokens': usage.output });
      }
    }
  });
}
