import { MAX_INTEGER } from '../protocol';
import { isFields, type Fields } from './answer-fields';

/** The tokens of an answer, as far as the server has counted them. */
export interface ChatUsage {
  readonly inputTokens?: number;
  readonly outputTokens?: number;
  readonly thoughtTokens?: number;
}

/** The members in which servers count, and their names for each count. */
const USAGES = ['usage', 'usageMetadata', 'token_usage'];
const INPUT = [
  'prompt_tokens',
  'input_tokens',
  'promptTokens',
  'inputTokens',
  'promptTokenCount',
  'total_input_tokens',
];
const OUTPUT = [
  'completion_tokens',
  'output_tokens',
  'completionTokens',
  'outputTokens',
  'candidatesTokenCount',
  'total_output_tokens',
];
const TOTAL = ['total_tokens', 'totalTokens', 'totalTokenCount'];

/** The counts in the first of these objects that has any. */
export function usageIn(...places: readonly unknown[]): ChatUsage | undefined {
  for (const place of places) {
    if (!isFields(place)) continue;
    for (const name of USAGES) {
      const usage = place[name];
      if (isFields(usage)) return countsIn(usage);
    }
  }
  return undefined;
}

/** Takes each number separately: servers leave some out, and send unusual ones. */
function countsIn(usage: Fields): ChatUsage {
  const details = usage['completion_tokens_details'];
  const inputTokens = counted(usage, INPUT);
  const written = counted(usage, OUTPUT);
  // xAI and Gemini count the thoughts, which they charge, only in the total.
  const beside = (counted(usage, TOTAL) ?? 0) - (inputTokens ?? Infinity);
  const thoughtTokens = counted(isFields(details) ? details : usage, ['reasoning_tokens', 'thoughtsTokenCount']);
  return {
    ...(inputTokens !== undefined && { inputTokens }),
    ...(written !== undefined && { outputTokens: Math.max(written, beside) }),
    ...(thoughtTokens !== undefined && { thoughtTokens }),
  };
}

function counted(usage: Fields, names: readonly string[]): number | undefined {
  const value = names.map((name) => usage[name]).find((each) => each !== undefined && each !== null);
  const count = typeof value === 'string' && /^\d{1,16}$/.test(value) ? Number(value) : value;
  return typeof count === 'number' && Number.isInteger(count) && count >= 0 && count <= MAX_INTEGER ? count : undefined;
}
