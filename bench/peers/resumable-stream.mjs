import { Redis } from 'ioredis';
import { createResumableStreamContext } from 'resumable-stream/ioredis';
import { Background, whenThere } from './background.mjs';
import { openProvider, textOf } from './provider.mjs';

/**
 * The producer makes a resumable stream for each text, as a server does in its answer to the first request. The viewer
 * resumes it from another process, as a browser does that has lost that answer. The text is in the producer's memory.
 */
function openContext({ redisUrl }) {
  const clients = [new Redis(redisUrl), new Redis(redisUrl)];
  const [publisher, subscriber] = clients;
  return {
    context: createResumableStreamContext({ waitUntil: null, publisher, subscriber }),
    close: () => clients.forEach((client) => client.disconnect()),
  };
}

export async function openProducer(services) {
  const ask = openProvider(services);
  const { context, close } = openContext(services);
  const background = new Background();

  const textStream = (label) => {
    let chunks;
    return new ReadableStream({
      async pull(controller) {
        chunks ??= (await ask(label))[Symbol.asyncIterator]();
        for (;;) {
          const { done, value } = await chunks.next();
          if (done) return controller.close();
          const text = textOf(value);
          if (text) return controller.enqueue(text);
        }
      },
    });
  };
  const stream = async ({ label, handle }) => {
    const first = await context.createNewResumableStream(handle, () => textStream(label));
    // The answer to the first request is read and dropped, because it counts as lost.
    await first.pipeTo(new WritableStream());
  };
  return {
    run: async (streams) => {
      for (const each of streams) background.run('resumable-stream', () => stream(each));
    },
    close: async () => {
      background.close();
      close();
    },
  };
}

export async function openReader(services) {
  const { context, close } = openContext(services);
  const background = new Background();
  const follow = async ({ label, handle }, sink) => {
    const stream = await whenThere(background, () => context.resumeExistingStream(handle));
    if (!stream) return;
    for await (const text of stream) sink.append(label, text);
    sink.ended(label);
  };
  return {
    // A resumed stream begins with all that was written before, so a viewer may come late.
    watch: async (streams, sink) => {
      for (const each of streams) background.run('resumable-stream', () => follow(each, sink));
    },
    close: async () => {
      background.close();
      close();
    },
  };
}
