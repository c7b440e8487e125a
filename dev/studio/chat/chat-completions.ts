import { setTimeout as sleep } from 'node:timers/promises';
import { checked } from '../http/body';
import { header, reply, type Exchange } from '../http/exchange';
import type { StudioSettings } from '../options';
import { complete } from './completion';
import { chatRequestSchema } from './request';
import { streamCompletion, type Pace } from './sse-stream';

/** `POST /v1/chat/completions`, streamed or in one piece. */
export async function answerChat(exchange: Exchange, settings: StudioSettings): Promise<void> {
  const { fault, seen, gone } = exchange;
  const request = checked(chatRequestSchema, exchange.body);
  const completion = complete(request, settings.seed, fault);
  const asked = Number(header(exchange.request, 'x-studio-tokens-per-second') ?? Number.NaN);
  const pace: Pace = {
    tokensPerSecond: fault.tokensPerSecond ?? (asked >= 0 ? asked : settings.tokensPerSecond),
    firstTokenDelayMs: fault.slow_first_token ?? settings.firstTokenDelayMs,
  };
  if (request.stream) {
    return streamCompletion(exchange, completion, pace, request.stream_options?.include_usage === true);
  }
  const { id, created, model, tokens, finishReason, usage } = completion;
  const writing = pace.tokensPerSecond === 0 ? 0 : (tokens.length * 1000) / pace.tokensPerSecond;
  await sleep(settings.firstTokenDelayMs + writing, undefined, { signal: gone }).catch(() => undefined);
  seen.tokensSent = tokens.length;
  const message = { role: 'assistant', content: tokens.join(''), refusal: null };
  const choices = [{ index: 0, message, logprobs: null, finish_reason: finishReason }];
  await reply(exchange, 200, { id, object: 'chat.completion', created, model, choices, usage });
}
