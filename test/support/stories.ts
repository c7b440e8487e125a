import { createHash, randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import type { Config } from '../../src/config';
import type { StartOptions, StoryClient } from '../../src/client';
import { workflowIdOf, type LaneId, type ProjectId, type StoryEvent } from '../../src/protocol';
import type { StudioControl } from './studio-control';
import { PATIENCE_MS } from './until';

/** A topic that no other test has, so that the studio's faults and records can be told apart by it. */
export function ownTopic(topic = 'a lighthouse keeper who collects storms'): { topic: string; mark: string } {
  const mark = `mark${randomUUID().slice(0, 8)}`;
  return { topic: `${topic} called ${mark}`, mark };
}

/** Everything that a viewer sees until the watch ends. */
export async function watchToEnd(client: StoryClient, projectId: ProjectId): Promise<StoryEvent[]> {
  return watchUntil(client, projectId, () => false);
}

/** What a viewer sees up to and with the first event that `enough` accepts. A viewer who comes later is given a snapshot. */
export async function watchUntil(
  client: StoryClient,
  projectId: ProjectId,
  enough: (event: StoryEvent, seen: readonly StoryEvent[]) => boolean,
  begin: () => Promise<unknown> = () => Promise.resolve(),
): Promise<StoryEvent[]> {
  const patience = AbortSignal.timeout(PATIENCE_MS);
  const seen: StoryEvent[] = [];
  for await (const event of client.watch(projectId, { signal: patience })) {
    seen.push(event);
    if (seen.length === 1) await begin();
    if (enough(event, seen)) return seen;
  }
  if (patience.aborted) throw new Error(`not seen within ${PATIENCE_MS} ms; last: ${lastOf(seen)}`);
  return seen;
}

/** What a viewer who was there before the run began sees, up to and with the first event that `enough` accepts. */
export function startAndWatch(
  client: StoryClient,
  projectId: ProjectId,
  enough: (event: StoryEvent) => boolean = () => false,
  options: StartOptions = {},
): Promise<StoryEvent[]> {
  return watchUntil(client, projectId, enough, () => client.start(projectId, options));
}

/** Resolves when a viewer holds so many bytes of a lane's text, in tokens or with a snapshot. */
export function watchText(
  client: StoryClient,
  projectId: ProjectId,
  bytes = 1,
  lane = 'rewrite',
): Promise<StoryEvent[]> {
  return watchUntil(client, projectId, (_, seen) => Buffer.byteLength(textSeen(seen, lane)) >= bytes);
}

/** A story of one scene whose rewrite is half written, and stays so for as long as a provider may be silent. */
export async function streamingStory(client: StoryClient, studio: StudioControl): Promise<ProjectId> {
  const { topic, mark } = ownTopic();
  await studio.misbehave(mark, 'chat', { stall: 20 });
  const projectId = await client.create({ topic, settings: { scenes: 1 } });
  await client.start(projectId);
  await watchText(client, projectId);
  return projectId;
}

/** A viewer learns that a lane waits for a person. */
export function isParked(event: StoryEvent): boolean {
  return event.type === 'attention' || (event.type === 'snapshot' && event.status === 'needs_attention');
}

/** A viewer learns that a gate waits for approval. */
export function isAtGate(event: StoryEvent): boolean {
  return event.type === 'awaiting' || (event.type === 'snapshot' && event.status === 'awaiting_approval');
}

function lastOf(seen: readonly StoryEvent[]): string {
  return seen
    .slice(-5)
    .map((event) => JSON.stringify(event).slice(0, 500))
    .join('\n');
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

/** One connection for a test file, by address. */
const connections = new Map<string, Promise<Connection>>();
afterAll(async () => {
  await Promise.all([...connections.values()].map(async (each) => (await each.catch(() => undefined))?.close()));
});

/** Temporal's own view of a project's workflow. */
export async function withTemporal<T>(config: Config, work: (client: Client) => Promise<T>): Promise<T> {
  const { TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: namespace } = config;
  const connection = connections.get(address) ?? Connection.connect({ address });
  connections.set(address, connection);
  return work(new Client({ connection: await connection, namespace }));
}

export function workflowOf(client: Client, projectId: ProjectId) {
  return client.workflow.getHandle(workflowIdOf(projectId));
}
