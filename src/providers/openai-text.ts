import type { ChatCompletionChunk } from 'openai/resources/chat/completions';
import { ServerError } from './errors';
import { receiveBody } from './http-fetch';
import { withOwnSignal } from './linked-signal';
import { openaiClient, type Endpoint } from './openai-client';
import type { ReceiveChunk, TextProvider, TextRequest } from './ports';
import { SseParser } from './sse-parser';

export interface OpenAiTextOptions extends Endpoint {
  /** The server understands `response_format: json_schema`. */
  readonly jsonSchema: boolean;
}

/** How long the response headers may take; the first token has a watchdog of its own in the runner. */
const HEADERS_TIMEOUT_MS = 600_000;

const FINISH = {
  stop: 'stop',
  length: 'length',
  content_filter: 'filtered',
  tool_calls: 'stop',
  function_call: 'stop',
} as const;

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
    const client = openaiClient(this.options, HEADERS_TIMEOUT_MS);
    const response = await client.chat.completions
      .create(
        {
          model: this.options.model,
          messages: [...request.messages],
          max_tokens: request.maxTokens,
          temperature: request.temperature,
          stream: true,
          stream_options: { include_usage: true },
          ...(request.schema &&
            this.options.jsonSchema && {
              response_format: {
                type: 'json_schema' as const,
                json_schema: { name: request.schema.name, schema: request.schema.schema, strict: false },
              },
            }),
        },
        { signal },
      )
      .asResponse()
      .catch((error: unknown) => {
        throw signal.aborted ? signal.reason : error;
      });

    const parser = new SseParser();
    try {
      await receiveBody(response, (bytes) => {
        for (const event of parser.push(bytes)) receiveData(event.data, receive);
      });
      for (const event of parser.end()) receiveData(event.data, receive);
    } catch (error) {
      throw signal.aborted ? signal.reason : error;
    }
    signal.throwIfAborted();
  }
}

function receiveData(data: string, receive: ReceiveChunk): void {
  if (data === '[DONE]' || data === '') return;
  const chunk = JSON.parse(data) as ChatCompletionChunk & { error?: { message?: string; code?: unknown } };
  if (chunk.error) throw new ServerError(chunk.error.message ?? 'the provider reported an error in mid-stream');
  const choice = chunk.choices?.[0];
  const thought = thoughtIn(choice?.delta);
  if (thought) receive({ type: 'thought', text: thought });
  if (choice?.delta?.content) receive({ type: 'text', text: choice.delta.content });
  if (choice?.finish_reason) receive({ type: 'finish', reason: FINISH[choice.finish_reason] ?? 'stop' });
  if (chunk.usage) {
    receive({ type: 'usage', inputTokens: chunk.usage.prompt_tokens, outputTokens: chunk.usage.completion_tokens });
  }
}

/** Not in the package's types: servers of open models call it `reasoning_content` or `reasoning`. */
function thoughtIn(delta: object | undefined): string | undefined {
  const { reasoning_content: content, reasoning } = (delta ?? {}) as Readonly<Record<string, unknown>>;
  const thought = content ?? reasoning;
  return typeof thought === 'string' ? thought : undefined;
}
