import { setMaxListeners } from 'node:events';
import { StoryClient } from '../../src/client';
import { readConfig } from '../../src/config';
import type { ProjectId, StoryEvent } from '../../src/protocol';
import type { Reader, Services, Sink, Stream } from '../harness/adapter';

/** The settings of worker and client: the product's defaults, except for addresses and the number of parallel texts. */
export function environment({
  providerUrl,
  redisUrl,
  databaseUrl,
  temporalAddress,
  scratch,
}: Services): Record<string, string> {
  return {
    LOG_LEVEL: 'error',
    TEMPORAL_ADDRESS: temporalAddress,
    DATABASE_URL: databaseUrl,
    REDIS_URL: redisUrl,
    MEDIA_DIR: `${scratch}/media`,
    OPENAI_BASE_URL: providerUrl,
    STORYREEL_TEXT_CONTINUATION: 'prefill',
    TEXT_CONCURRENCY: '1000',
  };
}

const LANE = 'rewrite';

/** Viewers as a backend has them: `client.watch`, one for each project. */
export async function openReader(services: Services): Promise<Reader> {
  const client = await StoryClient.connect(readConfig(environment(services)));
  const stop = new AbortController();
  setMaxListeners(0, stop.signal);
  const follow = async ({ label, handle }: Stream, sink: Sink, ready: () => void) => {
    for await (const event of client.watch(handle as ProjectId, { signal: stop.signal })) {
      show(event, label, sink);
      ready();
    }
  };
  return {
    watch: async (streams, sink) => {
      await Promise.all(
        streams.map(
          (stream) =>
            new Promise<void>((resolve, reject) => {
              follow(stream, sink, resolve).catch(reject);
            }),
        ),
      );
    },
    close: async () => {
      stop.abort();
      await client.close();
    },
  };
}

/** By the rules of docs/protocol.md. */
function show(event: StoryEvent, label: string, sink: Sink): void {
  if (event.type === 'snapshot') {
    sink.replace(label, event.lanes[LANE as keyof typeof event.lanes]?.text ?? '');
    if (event.lanes[LANE as keyof typeof event.lanes]?.status === 'completed') sink.ended(label);
    return;
  }
  if (event.lane !== LANE) return;
  if (event.type === 'token') sink.append(label, event.content);
  else if (event.type === 'reset') sink.replace(label, '');
  else if (event.type === 'resumed') sink.cut(label, event.offset);
  else if (event.type === 'done') sink.ended(label);
}
