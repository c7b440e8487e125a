import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client } from '@langchain/langgraph-sdk';
import { Background, whenThere } from './background.mjs';
import { freePort } from './free-port.mjs';

/** A thread with a run for each text, on the server that LangGraph has for development, in the worker's process. */
const fileOf = ({ scratch }) => join(scratch, 'langgraph.json');
const urlOf = (services) => JSON.parse(readFileSync(fileOf(services), 'utf8')).url;

/** Threads are named by UUIDs. */
function threadOf(handle) {
  const hex = createHash('sha256').update(handle).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

export async function openProducer(services) {
  process.env.LOG_LEVEL = 'error';
  process.env.LANGSMITH_TRACING = 'false';
  const { startServer } = await import('@langchain/langgraph-api/server');
  // A new server uses the address at which viewers look for the dead one.
  const known = fileOf(services);
  const port = existsSync(known) ? Number(new URL(urlOf(services)).port) : await freePort();
  const { cleanup } = await startServer({
    host: '127.0.0.1',
    port,
    nWorkers: 1000,
    cwd: services.scratch,
    graphs: { texts: `${fileURLToPath(new URL('./langgraph-graph.mjs', import.meta.url))}:graph` },
  });
  const url = `http://127.0.0.1:${port}`;
  writeFileSync(known, JSON.stringify({ url }));
  const client = new Client({ apiUrl: url });
  return {
    run: async (streams) => {
      for (const { label, handle } of streams) {
        const { thread_id: thread } = await client.threads.create({ threadId: threadOf(handle) });
        await client.runs.create(thread, 'texts', { input: { label }, streamMode: 'custom', streamResumable: true });
      }
    },
    close: () => cleanup(),
  };
}

export async function openReader(services) {
  const background = new Background();
  const client = new Client({ apiUrl: urlOf(services), callerOptions: { maxRetries: 0 } });
  const aborts = [];
  const runOf = async (thread) => (await client.runs.list(thread).catch(() => []))[0];
  const follow = async ({ label, handle }, sink) => {
    const thread = threadOf(handle);
    let lastEventId = '-1';
    for (;;) {
      const run = await whenThere(background, () => runOf(thread));
      if (!run) return;
      const abort = new AbortController();
      aborts.push(abort);
      try {
        const options = { streamMode: 'custom', lastEventId, signal: abort.signal };
        for await (const { id, event, data } of client.runs.joinStream(thread, run.run_id, options)) {
          if (id !== undefined) lastEventId = id;
          if (event === 'custom') sink.append(label, data.content);
        }
        return sink.ended(label);
      } catch {
        // The server has died, or we are being closed: find the run, and continue after the last event that arrived.
      }
    }
  };
  return {
    watch: async (streams, sink) => {
      for (const each of streams) background.run('langgraph', () => follow(each, sink));
    },
    close: async () => {
      background.close();
      for (const abort of aborts) abort.abort();
    },
  };
}
