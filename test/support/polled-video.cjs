/** A thread that polls a video job as often as it is told to, and answers how many signals and listeners are left then. */
const { getEventListeners } = require('node:events');
const { setTimeout: sleep } = require('node:timers/promises');
const { queryObjects } = require('node:v8');
const { parentPort, workerData } = require('node:worker_threads');
const { OpenAiVideo } = require('../../dist/src/providers');

const video = new OpenAiVideo({ baseUrl: workerData, apiKey: 'sk-test', model: 'studio' });
const job = new AbortController();

parentPort.on('message', async (times) => {
  for (let i = 0; i < times; i++) await video.poll('job', job.signal);
  // What has just ended gets a moment to let go of its own. Counting collects garbage first.
  await sleep(50);
  const signals = queryObjects(AbortSignal, { format: 'count' });
  parentPort.postMessage({ signals, listeners: getEventListeners(job.signal, 'abort').length });
});
