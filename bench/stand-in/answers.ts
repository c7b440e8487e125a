import type { ServerResponse } from 'node:http';
import { nowMicros } from './clock';
import { tokenText } from './token';

/** One answer that is being streamed, or was. */
export interface Answer {
  readonly label: string;
  readonly requestedAt: number;
  /** The first token's index; above 0 if a client asked to continue a text. */
  readonly from: number;
  firstAt?: number;
  /** When the client closed its connection. */
  leftAt?: number;
  next: number;
  state: 'open' | 'finished' | 'left';
}

interface OpenAnswer {
  readonly answer: Answer;
  readonly response: ServerResponse;
  due: number;
}

const TICK_MS = 1;
const HEAD =
  'data: {"id":"chatcmpl-bench","object":"chat.completion.chunk","created":1750000000,"model":"bench","choices":[';

/** Streams answers at a steady rate, each token stamped with the moment at which it was written. */
export class Answers {
  readonly all: Answer[] = [];
  /** Tokens a second; of each answer. */
  rate = 50;
  /** The number of tokens of an answer; without it, an answer ends on command. */
  tokens: number | undefined;
  private open: OpenAnswer[] = [];
  private readonly timer = setInterval(() => this.tick(), TICK_MS);

  begin(label: string, from: number, response: ServerResponse): void {
    const answer: Answer = { label, requestedAt: nowMicros(), from, next: from, state: 'open' };
    this.all.push(answer);
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' });
    response.write(`${HEAD}{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}\n\n`);
    // Answers begin at a random phase, so that many of them do not write in the same moment.
    this.open.push({ answer, response, due: nowMicros() + Math.random() * (1e6 / this.rate) });
    response.on('close', () => {
      if (answer.state !== 'open') return;
      answer.state = 'left';
      answer.leftAt = nowMicros();
    });
  }

  /** Ends all that is open; what has been written is the whole text then. */
  finish(): void {
    for (const each of this.open) if (each.answer.state === 'open') this.end(each);
    this.open = [];
  }

  clear(): void {
    this.finish();
    this.all.length = 0;
  }

  close(): void {
    clearInterval(this.timer);
    this.clear();
  }

  private tick(): void {
    const now = nowMicros();
    let gone = false;
    for (const each of this.open) {
      if (each.answer.state !== 'open') gone = true;
      else gone = this.send(each, now) || gone;
    }
    if (gone) this.open = this.open.filter(({ answer }) => answer.state === 'open');
  }

  /** Sends what is due. True when the answer has ended. */
  private send(each: OpenAnswer, now: number): boolean {
    const { answer, response } = each;
    while (each.due <= now) {
      if (this.tokens !== undefined && answer.next >= this.tokens) {
        this.end(each);
        return true;
      }
      each.due += 1e6 / this.rate;
      const at = nowMicros();
      answer.firstAt ??= at;
      response.write(
        `${HEAD}{"index":0,"delta":{"content":"${tokenText(answer.next, at)}"},"finish_reason":null}]}\n\n`,
      );
      answer.next += 1;
    }
    return false;
  }

  private end({ answer, response }: OpenAnswer): void {
    answer.state = 'finished';
    const count = answer.next - answer.from;
    response.write(`${HEAD}{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n`);
    response.write(
      `${HEAD}],"usage":{"prompt_tokens":100,"completion_tokens":${count},"total_tokens":${100 + count}}}\n\n`,
    );
    response.end('data: [DONE]\n\n');
  }
}
