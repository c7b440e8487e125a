import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DurableStream, IdempotentProducer, stream as openStream } from '@durable-streams/client';
import { Background, whenThere } from './background.mjs';
import { openProvider, textOf } from './provider.mjs';

/** A stream of JSON on the server for each text; a token is a message. The server's address is a file in the scratch folder. */
const urlOf = ({ scratch }) => JSON.parse(readFileSync(join(scratch, 'durable-streams.json'), 'utf8')).url;

export async function openProducer(services) {
  const ask = openProvider(services);
  const background = new Background();
  const server = urlOf(services);
  const write = async ({ label, handle }) => {
    const stream = await DurableStream.create({
      url: `${server}/v1/stream/${handle}`,
      contentType: 'application/json',
    });
    const producer = new IdempotentProducer(stream, handle, {
      autoClaim: true,
      onError: (error) => {
        if (!background.closing) process.stderr.write(`durable-streams: ${error.message}\n`);
      },
    });
    for await (const chunk of await ask(label)) {
      const content = textOf(chunk);
      if (content) producer.append(JSON.stringify({ content }));
    }
    await producer.flush();
    await producer.close();
  };
  return {
    run: async (streams) => {
      for (const each of streams) background.run('durable-streams', () => write(each));
    },
    close: async () => background.close(),
  };
}

export async function openReader(services) {
  const background = new Background();
  const server = urlOf(services);
  const aborts = [];
  const follow = async ({ label, handle }, sink) => {
    const url = `${server}/v1/stream/${handle}`;
    const found = await whenThere(background, async () =>
      (await DurableStream.head({ url })).exists ? true : undefined,
    );
    if (!found) return;
    // Each viewer has its own controller, because Node warns of many listeners on one.
    const abort = new AbortController();
    aborts.push(abort);
    const response = await openStream({ url, offset: '-1', live: 'sse', json: true, signal: abort.signal });
    response.subscribeJson(({ items }) => {
      for (const { content } of items) sink.append(label, content);
    });
    await response.closed;
    sink.ended(label);
  };
  return {
    // A stream is read from its beginning, so a viewer may come late.
    watch: async (streams, sink) => {
      for (const each of streams) background.run('durable-streams', () => follow(each, sink));
    },
    close: async () => {
      background.close();
      for (const abort of aborts) abort.abort();
    },
  };
}
