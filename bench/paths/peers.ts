import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Services } from '../harness/adapter';
import { Child } from '../harness/child';
import { installPeers, peersFolder } from './install-peers';
import { commandPath, produce, type Path } from './path';

const report = (line: string) => void process.stderr.write(`  peers ${line}\n`);

/** A path whose module is in bench/peers. */
function peer(name: string, file: string, what: string): Path {
  const module = join(peersFolder, `${file}.mjs`);
  return commandPath({
    name,
    what,
    reader: module,
    command: async () => {
      await installPeers(report);
      return [process.execPath, produce, module];
    },
  });
}

/**
 * Runs a server of the peer's own for as long as the path is open; a crash of the path's worker does not touch it. The
 * server's report about itself is stored in the scratch folder, where both halves find it.
 */
function withServer(path: Path, server: string): Path {
  return {
    ...path,
    async open(services: Services) {
      await installPeers(report);
      const folder = join(services.scratch, server);
      const script = join(peersFolder, `${server}-server.mjs`);
      const { child, hello } = await Child.start(process.execPath, [script, folder]);
      try {
        writeFileSync(join(services.scratch, `${server}.json`), JSON.stringify(hello));
        const open = await path.open(services);
        return {
          get worker() {
            return open.worker;
          },
          prepare: (labels) => open.prepare(labels),
          run: (streams) => open.run(streams),
          crash: () => open.crash(),
          close: async () => {
            await open.close();
            await child.stop();
          },
        };
      } catch (error) {
        await child.stop();
        throw error;
      }
    },
  };
}

/** The alternatives of a user, each as its own documentation describes; see bench/paths/README.md. */
export const peerPaths: readonly Path[] = [
  peer(
    'Temporal Workflow Streams',
    'temporal-workflow-streams',
    'activity publishes to its workflow in batches of 200 ms; viewers poll by updates',
  ),
  peer('resumable-stream', 'resumable-stream', 'PUBLISH per token and viewer, text in the memory of the producer'),
  peer('BullMQ progress', 'bullmq', 'job progress per token, published to viewers by the events of the queue'),
  peer('DBOS streams', 'dbos', 'a row in Postgres per token, viewers notified by LISTEN'),
  withServer(
    peer('Durable Streams', 'durable-streams', 'HTTP appends to a stream on its server, read as SSE'),
    'durable-streams',
  ),
  withServer(
    peer('Restate pubsub', 'restate', 'a step publishes each token to a virtual object, viewers pull every 100 ms'),
    'restate',
  ),
  peer('LangGraph dev server', 'langgraph', 'custom events of a run, which viewers join over HTTP'),
];
