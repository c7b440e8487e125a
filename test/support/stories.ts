import { createHash, randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import type { Config } from '../../src/config';
import type { StoryClient } from '../../src/client';
import { workflowIdOf, type LaneId, type ProjectId, type StoryEvent } from '../../src/protocol';

/** A topic that no other test has, so that the studio's faults and records can be told apart by it. */
export function ownTopic(topic = 'a lighthouse keeper who collects storms'): { topic: string; mark: string } {
  const mark = `mark${randomUUID().slice(0, 8)}`;
  return { topic: `${topic} called ${mark}`, mark };
}

/** Everything that a viewer sees until the watch ends. Rejects when it takes longer than `timeoutMs`. */
export async function watchToEnd(client: StoryClient, projectId: ProjectId, timeoutMs = 50_000): Promise<StoryEvent[]> {
  return watchUntil(client, projectId, () => false, timeoutMs);
}

/** What a viewer sees up to and with the first event that `enough` accepts. */
export async function watchUntil(
  client: StoryClient,
  projectId: ProjectId,
  enough: (event: StoryEvent) => boolean,
  timeoutMs = 50_000,
): Promise<StoryEvent[]> {
  const patience = AbortSignal.timeout(timeoutMs);
  const seen: StoryEvent[] = [];
  for await (const event of client.watch(projectId, { signal: patience })) {
    seen.push(event);
    if (enough(event)) return seen;
  }
  if (patience.aborted) {
    throw new Error(
      `not seen within ${timeoutMs} ms; last: ${seen
        .slice(-5)
        .map((e) => JSON.stringify(e))
        .join('\n')}`,
    );
  }
  return seen;
}

/** A lane's text as a viewer holds it after these events, by the rules of docs/protocol.md. */
export function textSeen(events: readonly StoryEvent[], lane: string): string {
  let text = Buffer.alloc(0);
  for (const event of events) {
    if (event.type === 'snapshot') text = Buffer.from(event.lanes[lane as LaneId]?.text ?? '');
    else if (event.lane !== lane) continue;
    else if (event.type === 'reset') text = Buffer.alloc(0);
    else if (event.type === 'resumed') text = text.subarray(0, event.offset);
    else if (event.type === 'token') {
      if (event.offset !== text.length)
        throw new Error(`a token at ${event.offset}, but the text ends at ${text.length}`);
      text = Buffer.concat([text, Buffer.from(event.content)]);
    }
  }
  return text.toString('utf8');
}

export function sha256(text: string | Buffer): string {
  return createHash('sha256').update(text).digest('hex');
}

export function typesOf(events: readonly StoryEvent[]): string[] {
  return events.map(({ type }) => type);
}

/** Temporal's own view of a project's workflow. */
export async function withTemporal<T>(config: Config, work: (client: Client) => Promise<T>): Promise<T> {
  const connection = await Connection.connect({ address: config.TEMPORAL_ADDRESS });
  try {
    return await work(new Client({ connection, namespace: config.TEMPORAL_NAMESPACE }));
  } finally {
    await connection.close();
  }
}

export function workflowOf(client: Client, projectId: ProjectId) {
  return client.workflow.getHandle(workflowIdOf(projectId));
}
