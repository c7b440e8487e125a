import { proxyActivities, sleep } from '@temporalio/workflow';
import { WorkflowStream } from '@temporalio/workflow-streams/workflow';

const { complete } = proxyActivities({
  startToCloseTimeout: '10 minutes',
  heartbeatTimeout: '15 seconds',
  retry: { initialInterval: '1 second', maximumAttempts: 3 },
});

/** Holds the stream that the activity publishes to, and stays a moment longer so that the last poll finds it. */
export async function text(label) {
  new WorkflowStream();
  const length = await complete(label);
  await sleep('1 second');
  return length;
}
