import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createPubsubObject } from '@restatedev/pubsub';
import { createPubsubClient } from '@restatedev/pubsub-client';
import * as restate from '@restatedev/restate-sdk';
import * as clients from '@restatedev/restate-sdk-clients';
import { Background } from './background.mjs';
import { openProvider, textOf } from './provider.mjs';

// The SDK requires this function; Node has it from version 22 on.
Promise.withResolvers ??= function withResolvers() {
  let resolve, reject;
  const promise = new this((...both) => ([resolve, reject] = both));
  return { promise, resolve, reject };
};

/** A handler for each text, whose step publishes tokens to the pubsub object. Addresses are files in the scratch folder. */
const read = (file) => JSON.parse(readFileSync(file, 'utf8'));
const urlsOf = ({ scratch }) => read(join(scratch, 'restate.json'));
const pubsubOf = (ingress) =>
  // Its default of a second between pulls is not meant for tokens.
  createPubsubClient({ url: ingress, name: 'pubsub', pullInterval: { milliseconds: 100 } });

export async function openProducer(services) {
  const ask = openProvider(services);
  const background = new Background();
  const { ingress, admin } = urlsOf(services);
  const pubsub = pubsubOf(ingress);
  const texts = restate.service({
    name: 'texts',
    handlers: {
      complete: async (ctx, { label, handle }) => {
        const length = await ctx.run('complete', async () => {
          let count = 0;
          for await (const chunk of await ask(label)) {
            const content = textOf(chunk);
            if (!content) continue;
            count += content.length;
            await pubsub.publish(handle, { content });
          }
          return count;
        });
        await pubsub.publish(handle, { done: true }, ctx.rand.uuidv4());
        return length;
      },
    },
    // A step may take as long as a text does.
    options: { inactivityTimeout: { minutes: 15 } },
  });
  // The server calls a worker that was started again at the address that it knows.
  const known = join(services.scratch, 'restate-worker.json');
  const port = await restate.serve({
    services: [texts, createPubsubObject('pubsub', {})],
    port: existsSync(known) ? read(known).port : 0,
    logger: ({ level }, ...said) => {
      if (level === 'error' && !background.closing) process.stderr.write(`restate: ${said.join(' ')}\n`);
    },
  });
  writeFileSync(known, JSON.stringify({ port }));
  const registered = await fetch(`${admin}/deployments`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ uri: `http://127.0.0.1:${port}`, force: true }),
  });
  if (!registered.ok) throw new Error(`restate: ${registered.status} ${await registered.text()}`);
  const client = clients.connect({ url: ingress });
  return {
    run: async (streams) => {
      for (const each of streams) await client.serviceSendClient({ name: 'texts' }).complete(each);
    },
    close: async () => background.close(),
  };
}

export async function openReader(services) {
  const pubsub = pubsubOf(urlsOf(services).ingress);
  const background = new Background();
  const aborts = [];
  const follow = async ({ label, handle }, sink) => {
    const abort = new AbortController();
    aborts.push(abort);
    for await (const { content, done } of pubsub.pull({ topic: handle, offset: 0, signal: abort.signal })) {
      if (done) return sink.ended(label);
      sink.append(label, content);
    }
  };
  return {
    // A topic is read from its beginning, so a viewer may come late.
    watch: async (streams, sink) => {
      for (const each of streams) background.run('restate', () => follow(each, sink));
    },
    close: async () => {
      background.close();
      for (const abort of aborts) abort.abort();
    },
  };
}
