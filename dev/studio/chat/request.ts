import { z } from 'zod';

const content = z.union([z.string(), z.array(z.looseObject({ text: z.string().optional() })), z.null()]).optional();

/** The fields of a chat completion request that the studio reads; other fields are accepted unread. */
export const chatRequestSchema = z.looseObject({
  model: z.string(),
  messages: z.array(z.looseObject({ role: z.string(), content })).min(1),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().optional() }).nullish(),
  response_format: z
    .looseObject({ type: z.string(), json_schema: z.looseObject({ name: z.string() }).optional() })
    .nullish(),
  max_tokens: z.int().min(1).nullish(),
  max_completion_tokens: z.int().min(1).nullish(),
  seed: z.int().nullish(),
  temperature: z.number().nullish(),
});

export type ChatRequest = z.infer<typeof chatRequestSchema>;

export function contentOf(message: ChatRequest['messages'][number]): string {
  if (typeof message.content === 'string') return message.content;
  return (message.content ?? []).map((part) => part.text ?? '').join('');
}

/** The text to continue: the last message when it is the assistant's, else empty. */
export function prefillOf(request: ChatRequest): string {
  const last = request.messages.at(-1);
  return last?.role === 'assistant' ? contentOf(last) : '';
}

/** The prompt, without the assistant's own turns; the person's words come last. */
export function promptOf(request: ChatRequest): string {
  const asked = request.messages.filter((message) => message.role !== 'assistant');
  return asked.map(contentOf).join('\n\n');
}
