import { ApiError } from '../http/api-error';
import type { ChatRequest } from './request';

/** The documented fields of a chat completion that are in use. */
const KNOWN = new Set([
  ...[
    'model',
    'messages',
    'stream',
    'stream_options',
    'response_format',
    'max_tokens',
    'max_completion_tokens',
    'seed',
  ],
  ...['temperature', 'top_p', 'n', 'stop', 'presence_penalty', 'frequency_penalty', 'logprobs', 'top_logprobs', 'user'],
  ...[
    'reasoning_effort',
    'metadata',
    'store',
    'tools',
    'tool_choice',
    'parallel_tool_calls',
    'service_tier',
    'verbosity',
  ],
]);
/** Models that think. They accept neither another temperature than their own nor a limit that excludes the thoughts. */
const REASONING = /^(?:o\d|gpt-(?:[5-9]|\d\d))/;

/** Throws what today's services answer to a request that they do not take. */
export function mustBeTaken(request: ChatRequest): void {
  for (const name of Object.keys(request)) {
    if (!KNOWN.has(name)) refuse(name, `Unknown parameter: '${name}'.`, 'unknown_parameter');
  }
  const { model, temperature, max_tokens: most, stream, stream_options: options } = request;
  if (REASONING.test(model)) {
    if (most != null) {
      const instead = "Use 'max_completion_tokens' instead.";
      const words = `Unsupported parameter: 'max_tokens' is not supported with this model. ${instead}`;
      refuse('max_tokens', words, 'unsupported_parameter');
    }
    if (temperature != null && temperature !== 1) {
      const words = `Unsupported value: 'temperature' does not support ${String(temperature)} with this model.`;
      refuse('temperature', `${words} Only the default (1) value is supported.`, 'unsupported_value');
    }
  }
  if (options != null && !stream) {
    refuse(
      'stream_options',
      "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
      'invalid_value',
    );
  }
  if (hasLooseEnum(request.response_format)) {
    refuse(
      'response_format',
      "Invalid schema for response_format: an 'enum' must have a 'type' key and hold texts.",
      'invalid_value',
    );
  }
}

/** An enum of numbers, or without a type: some services refuse either. */
function hasLooseEnum(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { enum: values, type } = value as { enum?: unknown; type?: unknown };
  if (Array.isArray(values) && (type === undefined || values.some((each) => typeof each === 'number'))) return true;
  return Object.values(value).some(hasLooseEnum);
}

function refuse(param: string, words: string, code: string): never {
  throw new ApiError(400, words, code, {}, param);
}
