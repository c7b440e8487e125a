import { Queue, QueueEvents, Worker } from 'bullmq';
import { Background } from './background.mjs';
import { openProvider, textOf } from './provider.mjs';

/** A job for each text; each token is the job's progress, which the queue publishes to all listeners of its events. */
const QUEUE = 'bench';

const connectionOf = ({ redisUrl }) => {
  const { hostname, port, username, password } = new URL(redisUrl);
  return {
    host: hostname,
    port: Number(port || 6379),
    ...(username && { username: decodeURIComponent(username) }),
    ...(password && { password: decodeURIComponent(password) }),
  };
};

export async function openProducer(services) {
  const ask = openProvider(services);
  const background = new Background();
  const connection = connectionOf(services);
  const queue = new Queue(QUEUE, {
    connection,
    defaultJobOptions: { attempts: 3, removeOnComplete: true, removeOnFail: true },
  });
  const process = async (job) => {
    let text = '';
    for await (const chunk of await ask(job.data.label)) {
      const content = textOf(chunk);
      if (!content) continue;
      text += content;
      await job.updateProgress({ content });
    }
    return text.length;
  };
  const worker = new Worker(QUEUE, process, {
    connection,
    concurrency: 1000,
    // A dead worker is noticed as soon as on the other paths, not after the default of 30 and 30 s.
    lockDuration: 15_000,
    stalledInterval: 15_000,
  });
  worker.on('error', (error) => {
    if (!background.closing) globalThis.process.stderr.write(`bullmq: ${error.message}\n`);
  });
  await Promise.all([queue.waitUntilReady(), worker.waitUntilReady()]);
  return {
    run: async (streams) => {
      await queue.addBulk(
        streams.map(({ label, handle }) => ({ name: 'text', data: { label }, opts: { jobId: handle } })),
      );
    },
    close: async () => {
      background.close();
      await worker.close(true);
      await queue.close();
    },
  };
}

export async function openReader(services) {
  const events = new QueueEvents(QUEUE, { connection: connectionOf(services) });
  await events.waitUntilReady();
  return {
    watch: async (streams, sink) => {
      const labels = new Map(streams.map(({ label, handle }) => [handle, label]));
      events.on('progress', ({ jobId, data }) => {
        const label = labels.get(jobId);
        if (label !== undefined) sink.append(label, data.content);
      });
      events.on('completed', ({ jobId }) => {
        const label = labels.get(jobId);
        if (label !== undefined) sink.ended(label);
      });
    },
    close: () => events.close(),
  };
}
