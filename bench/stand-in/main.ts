/**
 * The provider of all benchmarks: an OpenAI-compatible server whose tokens contain their own time of writing. A request
 * names its text by a label somewhere in its messages. It prints `{"url"}` when it listens and ends with its standard
 * input.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Answers } from './answers';
import { tokensIn } from './token';

const LABEL = /bench-[0-9a-z-]+/;
const answers = new Answers();

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
  return Buffer.concat(parts).toString('utf8');
}

interface ChatBody {
  readonly messages: readonly { readonly role: string; readonly content: string }[];
  readonly response_format?: unknown;
}

function chat(raw: string, response: ServerResponse): void {
  const body = JSON.parse(raw) as ChatBody;
  const label = LABEL.exec(raw)?.[0] ?? 'bench-unnamed';
  // Whatever comes after the measured text is refused, so that a story ends there.
  if (body.response_format !== undefined) {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.end(
      'data: {"id":"x","object":"chat.completion.chunk","created":1,"model":"bench","choices":[{"index":0,"delta":{},"finish_reason":"content_filter"}]}\n\ndata: [DONE]\n\n',
    );
    return;
  }
  const last = body.messages.at(-1);
  const begun = last?.role === 'assistant' ? [...tokensIn(last.content)].at(-1) : undefined;
  answers.begin(label, begun ? begun.index + 1 : 0, response);
}

function json(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}

async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
  response.socket?.setNoDelay(true);
  const raw = await bodyOf(request);
  switch (`${request.method} ${request.url}`) {
    case 'POST /v1/chat/completions':
      return chat(raw, response);
    case 'GET /bench/answers':
      return json(response, answers.all);
    case 'POST /bench/finish':
      answers.finish();
      return json(response, {});
    case 'POST /bench/begin': {
      const { rate, tokens } = JSON.parse(raw) as { rate: number; tokens?: number };
      answers.clear();
      answers.rate = rate;
      answers.tokens = tokens;
      return json(response, {});
    }
    default:
      response.writeHead(404).end();
  }
}

const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
  handle(request, response).catch((error: unknown) => {
    process.stderr.write(`the stand-in: ${(error as Error).stack}\n`);
    response.destroy();
  });
});
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${JSON.stringify({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` })}\n`);
});
process.stdin.resume().on('end', () => process.exit(0));
