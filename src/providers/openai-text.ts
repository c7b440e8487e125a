import { ChatAnswer } from './chat-answer';
import { ChatBody } from './chat-body';
import { receiveBody } from './http-fetch';
import { LearnedParameters, renamed, without, type Body, type Lesson, type Remedies } from './learned-parameters';
import { withOwnSignal } from './linked-signal';
import type { Endpoint } from './endpoint';
import { openaiClient } from './openai-client';
import { portableSchema } from './portable-schema';
import type { ReceiveChunk, TextProvider, TextRequest } from './ports';
import { ResponseSpan } from './response-span';
import { ThinkBlock } from './think-block';

export interface OpenAiTextOptions extends Endpoint {
  /** The server understands `response_format: json_schema`. */
  readonly jsonSchema: boolean;
}

/** How long the response headers may take; the first token has a watchdog of its own in the runner. */
const HEADERS_TIMEOUT_MS = 600_000;
const MAX_BYTES = 4 * 1024 * 1024;

/** What servers behind a gateway call the longest answer. */
const MOST_TOKENS = /max_(?:new|output)_tokens|maxOutputTokens/;
/** The templates of some models, such as Gemma's, have no place for instructions. */
const NO_SYSTEM =
  /system (?:role|message|prompt|instruction)s? (?:is |are )?not (?:supported|enabled|allowed)|developer instruction is not enabled/i;

/** Parameters of a chat request that some models and servers refuse, and the correction of each. */
const REMEDIES: Remedies = {
  max_tokens: {
    alias: MOST_TOKENS,
    learn: (words) => lowered('max_tokens', words) ?? renamed('max_completion_tokens'),
  },
  max_completion_tokens: {
    alias: MOST_TOKENS,
    learn: (words) => lowered('max_completion_tokens', words) ?? without().learn(words),
  },
  temperature: without(),
  stream_options: without(/include_usage/),
  response_format: without(/json_?schema|response_?schema|structured.output|guided_/i),
  stream: without(),
  messages: {
    alias: NO_SYSTEM,
    learn: (words) =>
      NO_SYSTEM.test(words) ? { change: withoutSystem, asked: 'without a system message' } : undefined,
  },
};

/** Models that stream their thoughts, and whose server removes the opening mark. */
const silentThinkers = new Set<string>();

/**
 * Chat completions of any OpenAI-compatible server. The `openai` package makes the request and maps its errors; the stream
 * is read from the socket by our own parser. A server's error in mid-stream throws like a refused request.
 */
export class OpenAiText implements TextProvider {
  constructor(private readonly options: OpenAiTextOptions) {}

  stream(request: TextRequest, receive: ReceiveChunk, signal: AbortSignal): Promise<void> {
    return withOwnSignal(signal, (own) => this.ask(request, receive, own));
  }

  private async ask(request: TextRequest, receive: ReceiveChunk, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const { model, baseUrl } = this.options;
    try {
      await new LearnedParameters(model, baseUrl, 'chat').ask({
        body: this.bodyOf(request),
        remedies: REMEDIES,
        send: (body, accepted) => this.send(body, request, receive, accepted, signal),
        onNotice: request.onNotice,
      });
    } catch (error) {
      throw signal.aborted ? signal.reason : error;
    }
    signal.throwIfAborted();
  }

  private bodyOf({ messages, maxTokens, temperature, schema }: TextRequest): Body {
    return {
      model: this.options.model,
      messages: [...messages],
      max_tokens: maxTokens,
      temperature,
      stream: true,
      stream_options: { include_usage: true },
      ...(schema &&
        this.options.jsonSchema && {
          response_format: {
            type: 'json_schema',
            json_schema: { name: schema.name, schema: portableSchema(schema.schema), strict: false },
          },
        }),
    };
  }

  private async send(
    body: Body,
    { messages, onAlive, mostBytes = MAX_BYTES }: TextRequest,
    receive: ReceiveChunk,
    accepted: () => void,
    signal: AbortSignal,
  ): Promise<void> {
    const thinker = [this.options.model, this.options.baseUrl].join('\0');
    const span = new ResponseSpan();
    const response = await openaiClient(this.options, HEADERS_TIMEOUT_MS)
      .post('/chat/completions', { body, signal })
      .asResponse();
    let hasAnswered = false;
    const block = new ThinkBlock({
      midway: messages.at(-1)?.role === 'assistant',
      silentStart: silentThinkers.has(thinker),
    });
    const answer = new ChatAnswer(
      (chunk) => {
        if (!hasAnswered) accepted();
        hasAnswered = true;
        receive(chunk);
      },
      block,
      span,
    );
    const reader = new ChatBody(answer, mostBytes, response.headers.get('content-type') ?? '');
    await receiveBody(response, (bytes) => {
      hasAnswered = false;
      const patience = reader.push(bytes);
      if (!hasAnswered) onAlive?.();
      return patience;
    });
    reader.end();
    if (block.startsSilently) silentThinkers.add(thinker);
  }
}

/** The instructions begin the first message of the user. */
function withoutSystem(value: unknown): Body {
  const messages = value as TextRequest['messages'];
  const instructions = messages.filter(({ role }) => role === 'system').map(({ content }) => content);
  const rest = messages.filter(({ role }) => role !== 'system');
  return {
    messages: rest.map((each, i) =>
      i === 0 ? { ...each, content: [...instructions, each.content].join('\n\n') } : each,
    ),
  };
}

/** The server states the longest answer. */
function lowered(name: string, words: string): Lesson | undefined {
  if (/unsupported parameter|not supported|use 'max/i.test(words)) return undefined;
  const context =
    /context (?:length|window)[^\d]{1,40}(\d{3,8})[^\d].{0,120}?(\d{1,8}) input tokens/i.exec(words) ??
    /must be <= (\d{3,8})\. Given: (\d{1,8}) `inputs`/.exec(words);
  const most = context
    ? Number(context[1]) - Number(context[2])
    : Number(
        /(?:at most|maximum(?: value)?(?: is)?|less than or equal to|up to|<=|\[1,|\d >)[^\d]{0,20}(\d{2,8})/i.exec(
          words,
        )?.[1],
      );
  if (!(most >= 1)) return undefined;
  return { change: (value) => ({ [name]: Math.min(Number(value), most) }), asked: `with at most ${most}` };
}
