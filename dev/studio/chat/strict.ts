import { ApiError } from '../http/api-error';
import { contentOf, type ChatRequest } from './request';

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

const ROLES = ['system', 'developer', 'user', 'assistant', 'tool', 'function'];
/** Models that begin a new message behind a last one of the assistant, and therefore refuse it. */
const NO_PREFILL = /^claude-[a-z]+-(?:4-[6-9]|[5-9])|^gemini-(?:3\.[6-9]|[4-9])/;

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
  if (most != null && request.max_completion_tokens != null) {
    const words = "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.";
    refuse('max_tokens', words, 'invalid_parameter_combination');
  }
  if (temperature != null && (temperature < 0 || temperature > 2)) {
    const words = `Invalid 'temperature': decimal ${temperature < 0 ? 'below minimum' : 'above maximum'} value.`;
    refuse(
      'temperature',
      `${words} Expected a value between 0 and 2, but got ${temperature} instead.`,
      'invalid_value',
    );
  }
  mustBeConversation(request);
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

function mustBeConversation({ model, messages, response_format: format }: ChatRequest): void {
  for (const [i, { role }] of messages.entries()) {
    if (ROLES.includes(role)) continue;
    const words = `Invalid value: '${role}'. Supported values are: '${ROLES.join("', '")}'.`;
    refuse(`messages[${i}].role`, words, 'invalid_value');
  }
  if (messages.at(-1)?.role === 'assistant' && NO_PREFILL.test(model)) {
    const words =
      'This model does not support assistant message prefill. The conversation must end with a user message.';
    refuse('messages', words, 'invalid_request_error');
  }
  const name = format?.json_schema?.name;
  if (name !== undefined && !/^[\w-]{1,64}$/.test(name)) {
    const words = `Invalid 'response_format.json_schema.name': string does not match pattern '^[a-zA-Z0-9_-]+$'.`;
    refuse('response_format.json_schema.name', words, 'invalid_value');
  }
  if (format?.type === 'json_object' && !messages.some((each) => /json/i.test(contentOf(each)))) {
    const words =
      "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.";
    refuse('messages', words, 'invalid_request_error');
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
