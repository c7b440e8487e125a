import { Redis } from 'ioredis';
import type { Reader, Services, Sink, Stream } from '../harness/adapter';

interface Event {
  readonly type: 'token' | 'done';
  readonly full_text: string;
}

/** The viewers of python-threads.py. The product's page showed `full_text` of whatever came last. */
export async function openReader({ redisUrl }: Services): Promise<Reader> {
  const redis = new Redis(redisUrl);
  return {
    watch: async (streams: readonly Stream[], sink: Sink) => {
      const labels = new Map(streams.map(({ label, handle }) => [handle, label]));
      redis.on('message', (channel: string, message: string) => {
        const label = labels.get(channel);
        if (label === undefined) return;
        const { type, full_text: text } = JSON.parse(message) as Event;
        sink.replace(label, text);
        if (type === 'done') sink.ended(label);
      });
      await redis.subscribe(...labels.keys());
    },
    close: async () => redis.disconnect(),
  };
}
