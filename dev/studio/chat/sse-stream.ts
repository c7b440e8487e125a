import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import { hangUp, quotationOf, type Exchange } from '../http/exchange';
import type { Completion } from './completion';

export interface Pace {
  /** 0 is as fast as the client reads. */
  tokensPerSecond: number;
  firstTokenDelayMs: number;
}

/** Streams a completion as `chat.completion.chunk` events, one token each, and ends as the fault requires. */
export async function streamCompletion(
  exchange: Exchange,
  completion: Completion,
  pace: Pace,
  usage: boolean,
): Promise<void> {
  const { response, fault, seen, released, gone } = exchange;
  const base = {
    id: completion.id,
    object: 'chat.completion.chunk',
    created: completion.created,
    model: completion.model,
  };
  const event = (choices: object[], more: object = usage ? { usage: null } : {}) =>
    write(exchange, JSON.stringify({ ...base, choices, ...more }));
  const delta = (value: object, finish: string | null = null) =>
    event([{ index: 0, delta: value, logprobs: null, finish_reason: finish }]);

  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' });
  response.flushHeaders();
  try {
    await sleep(pace.firstTokenDelayMs, undefined, { signal: gone });
    await delta({ role: 'assistant', content: null });
    const end = Math.min(fault.stall ?? Infinity, fault.cut ?? Infinity, fault.no_finish ?? Infinity);
    const started = performance.now();
    for (const token of completion.tokens.slice(0, end)) {
      if (seen.tokensSent === fault.hold) await released();
      const due = pace.tokensPerSecond === 0 ? 0 : started + (seen.tokensSent * 1000) / pace.tokensPerSecond;
      if (due > performance.now()) await sleep(due - performance.now(), undefined, { signal: gone });
      else if (seen.tokensSent % 32 === 31) await turn(undefined, { signal: gone });
      await delta({ content: token });
      seen.tokensSent++;
    }
    if (fault.hold !== undefined && seen.tokensSent <= fault.hold) await released();
    if (end === fault.stall) return;
    if (end === fault.cut && fault.echo) {
      const message = quotationOf(exchange.request, Buffer.from(JSON.stringify(exchange.body)));
      await write(exchange, JSON.stringify({ error: { message } }));
      return void response.end();
    }
    if (end === fault.cut) return hangUp(response);
    if (end === fault.no_finish) return void response.end();
    await delta({}, completion.finishReason);
    if (usage) await event([], { usage: completion.usage });
    await write(exchange, '[DONE]');
    response.end();
  } catch (error) {
    if (!gone.aborted) throw error;
  }
}

/** Sends one event and waits until the system has taken it, so that a cut loses nothing that was counted as sent. */
async function write({ response, fault, gone }: Exchange, data: string): Promise<void> {
  gone.throwIfAborted();
  const bytes = Buffer.from(`data: ${data}\n\n`);
  if (!fault.utf8_split) return flush(response, bytes, gone);
  const wide = bytes.findIndex((byte) => byte >= 0xc0);
  const cut = wide < 0 ? bytes.length >> 1 : wide + 1;
  // Without the pause the two halves could reach the reader in one piece.
  await flush(response, bytes.subarray(0, cut), gone);
  await sleep(1, undefined, { signal: gone });
  await flush(response, bytes.subarray(cut), gone);
}

function flush(response: Exchange['response'], bytes: Buffer, gone: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (gone.aborted) return reject(gone.reason as Error);
    response.write(bytes, (error) => (error ? reject(error) : resolve()));
  });
}
