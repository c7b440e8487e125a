import { createHash } from 'node:crypto';
import type { Fault } from '../faults';
import { answerTo } from './answer';
import { prefillOf, promptOf, type ChatRequest } from './request';
import { tokenize } from './tokens';

export interface Completion {
  id: string;
  created: number;
  model: string;
  tokens: string[];
  finishReason: 'stop' | 'length';
  usage: { prompt_tokens: number; completion_tokens: number; total_tokens: number };
}

// A fixed time, so that the same request is answered with the same bytes.
const created = 1_750_000_000;

/** The whole answer to a request, cut into tokens; `max_tokens` ends it early. */
export function complete(request: ChatRequest, studioSeed: number, fault: Fault): Completion {
  const all = tokenize(answerTo(request, studioSeed, fault));
  const limit = request.max_completion_tokens ?? request.max_tokens ?? Infinity;
  const tokens = all.slice(0, limit);
  const prompted = tokenize(promptOf(request)).length + tokenize(prefillOf(request)).length;
  return {
    id: `chatcmpl-${createHash('sha256').update(JSON.stringify(request)).digest('hex').slice(0, 24)}`,
    created,
    model: request.model,
    tokens,
    finishReason: all.length > tokens.length ? 'length' : 'stop',
    usage: { prompt_tokens: prompted, completion_tokens: tokens.length, total_tokens: prompted + tokens.length },
  };
}
