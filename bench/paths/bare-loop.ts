import { Redis } from 'ioredis';
import OpenAI from 'openai';
import type { Producer, Reader, Services, Sink, Stream } from '../harness/adapter';

/**
 * The usual hand-written code: iterate the SDK's stream and PUBLISH each token. It stores nothing, so a crash loses the
 * text, and a viewer who comes late misses its beginning.
 */
export async function openProducer({ providerUrl, redisUrl }: Services): Promise<Producer> {
  const client = new OpenAI({ baseURL: providerUrl, apiKey: 'none', maxRetries: 0 });
  const redis = new Redis(redisUrl);
  const stream = async ({ label, handle }: Stream) => {
    const answer = await client.chat.completions.create({
      model: 'bench',
      messages: [{ role: 'user', content: label }],
      stream: true,
    });
    for await (const chunk of answer) {
      const content = chunk.choices[0]?.delta?.content;
      if (content) await redis.publish(handle, JSON.stringify({ type: 'token', content }));
    }
    await redis.publish(handle, JSON.stringify({ type: 'done' }));
  };
  return {
    run: async (streams) => {
      for (const each of streams) void stream(each).catch(() => undefined);
    },
    close: async () => redis.disconnect(),
  };
}

export async function openReader({ redisUrl }: Services): Promise<Reader> {
  const redis = new Redis(redisUrl);
  const labels = new Map<string, string[]>();
  let sink: Sink | undefined;
  redis.on('message', (channel: string, message: string) => {
    const event = JSON.parse(message) as { type: string; content?: string };
    for (const label of labels.get(channel) ?? []) {
      if (event.type === 'token') sink?.append(label, event.content ?? '');
      else sink?.ended(label);
    }
  });
  return {
    watch: async (streams: readonly Stream[], to: Sink) => {
      sink = to;
      for (const { label, handle } of streams) labels.set(handle, [...(labels.get(handle) ?? []), label]);
      await redis.subscribe(...labels.keys());
    },
    close: async () => redis.disconnect(),
  };
}
