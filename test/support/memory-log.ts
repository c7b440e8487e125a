import {
  laneParts,
  type Cursor,
  type EventBody,
  type LaneId,
  type LogEvent,
  type ProjectId,
  LOG_BEGINNING,
  cursorOf,
} from '../../src/protocol';
import { isEndMark } from '../../src/stream/event-log';
import type {
  AppendReply,
  AppendRequest,
  EventLog,
  LaneWriter,
  LogMessage,
  LogSnapshot,
  PublishReply,
  PublishRequest,
  StoredLane,
} from '../../src/stream/event-log';

interface Project {
  readonly events: LogEvent[];
  readonly lanes: Map<LaneId, { fence: number; attempt: number; bytes: Buffer }>;
  /** The newest attempt that has written anything about a lane; its text may still be an older one's. */
  readonly newest: Map<LaneId, number>;
  readonly marks: Map<string, number>;
  readonly listeners: Set<(message: LogMessage) => void>;
  /** The fence of the run that began or ended last. */
  run?: number;
  expiry?: NodeJS.Timeout;
}

/** The event log in this process's memory: for tests of code that uses the port, and as its rules in plain code. */
export class MemoryEventLog implements EventLog {
  private readonly projects = new Map<ProjectId, Project>();
  private ids = 0;

  constructor(private readonly options: { readonly maxEntries: number } = { maxEntries: 100_000 }) {}

  append({ writer, offset, text, reason, continued }: AppendRequest): Promise<AppendReply> {
    const project = this.project(writer.projectId);
    const newest = refuses(project, writer);
    if (newest !== undefined) return Promise.resolve({ kind: 'stale', fence: newest });
    const known = project.lanes.get(writer.lane);

    let bytes = known?.bytes ?? Buffer.alloc(0);
    if (!known || writer.fence > known.fence) {
      if (offset > 0 && (!continued || offset > bytes.length)) {
        return Promise.resolve({ kind: 'gap', length: continued ? bytes.length : 0 });
      }
      bytes = bytes.subarray(0, offset);
      if (offset > 0 && continued) {
        this.emit(writer.projectId, writer, { type: 'resumed', offset, attempt: writer.attempt, how: continued });
      } else if (known || reason) {
        this.emit(writer.projectId, writer, { type: 'reset', reason: reason ?? 'retry', attempt: writer.attempt });
      }
    } else if (reason === 'thoughts' && offset === 0) {
      bytes = Buffer.alloc(0);
      this.emit(writer.projectId, writer, { type: 'reset', reason, attempt: writer.attempt });
    } else if (offset > bytes.length) {
      return Promise.resolve({ kind: 'gap', length: bytes.length });
    }

    const missing = Buffer.from(text).subarray(bytes.length - offset);
    const grown = Buffer.concat([bytes, missing]);
    project.lanes.set(writer.lane, { fence: writer.fence, attempt: writer.attempt, bytes: grown });
    if (missing.length > 0) {
      this.emit(writer.projectId, writer, { type: 'token', offset: bytes.length, content: missing.toString('utf8') });
    }
    return Promise.resolve({ kind: 'ok', length: grown.length });
  }

  publish(request: PublishRequest): Promise<PublishReply> {
    const project = this.project(request.projectId);
    const { writer, once, run } = request;
    if (run && isSuperseded(project, run.fence)) return Promise.resolve({ kind: 'stale', fence: project.run ?? 0 });
    const newest = writer && refuses(project, writer);
    if (newest !== undefined) return Promise.resolve({ kind: 'stale', fence: newest });
    const lane = writer && project.lanes.get(writer.lane);
    if (writer && request.needsBytes !== undefined) {
      if (lane?.fence !== writer.fence) return Promise.resolve({ kind: 'gap', length: 0 });
      if (lane.bytes.length !== request.needsBytes) return Promise.resolve({ kind: 'gap', length: lane.bytes.length });
    }
    if (once) {
      if ((project.marks.get(once.key) ?? -Infinity) >= once.value) return Promise.resolve({ kind: 'seen' });
      project.marks.set(once.key, once.value);
    }
    if (run?.isLatest) project.run = run.fence;
    for (const body of request.events) this.emit(request.projectId, writer, body, request.stage);
    return Promise.resolve({ kind: 'ok' });
  }

  snapshot(projectId: ProjectId): Promise<LogSnapshot> {
    const { events, lanes, newest } = this.project(projectId);
    const cursor = events.at(-1)?.id;
    return Promise.resolve({
      ...(cursor && { cursor }),
      lanes: new Map([...lanes].map(([lane, stored]) => [lane, storedLane(stored)])),
      newest: new Map(newest),
    });
  }

  lane(projectId: ProjectId, lane: LaneId): Promise<StoredLane | undefined> {
    const stored = this.project(projectId).lanes.get(lane);
    return Promise.resolve(stored && storedLane(stored));
  }

  read(projectId: ProjectId, from: Cursor, limit: number): Promise<readonly LogEvent[] | undefined> {
    const { events } = this.project(projectId);
    const at = events.findIndex((event) => event.id === from);
    return Promise.resolve(at < 0 ? undefined : events.slice(at + 1, at + 1 + limit));
  }

  subscribe(projectId: ProjectId, listener: (message: LogMessage) => void): Promise<() => void> {
    const { listeners } = this.project(projectId);
    listeners.add(listener);
    return Promise.resolve(() => void listeners.delete(listener));
  }

  expire(projectId: ProjectId, seconds: number, run?: number): Promise<void> {
    const project = this.project(projectId);
    if (run !== undefined && isSuperseded(project, run)) return Promise.resolve();
    clearTimeout(project.expiry);
    project.expiry = setTimeout(() => forget(project), seconds * 1000).unref();
    return Promise.resolve();
  }

  keep(projectId: ProjectId, run?: number): Promise<void> {
    const project = this.project(projectId);
    if (run !== undefined) {
      if (isSuperseded(project, run)) return Promise.resolve();
      project.run = run;
    }
    clearTimeout(project.expiry);
    for (const key of project.marks.keys()) if (!isEndMark(key)) project.marks.delete(key);
    return Promise.resolve();
  }

  delete(projectId: ProjectId): Promise<void> {
    const project = this.project(projectId);
    clearTimeout(project.expiry);
    forget(project);
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.projects.clear();
    return Promise.resolve();
  }

  private project(projectId: ProjectId): Project {
    let project = this.projects.get(projectId);
    if (!project) {
      project = { events: [], lanes: new Map(), newest: new Map(), marks: new Map(), listeners: new Set() };
      this.projects.set(projectId, project);
    }
    return project;
  }

  private emit(projectId: ProjectId, writer: LaneWriter | undefined, body: EventBody, stage?: string): void {
    const { events, listeners } = this.project(projectId);
    const before = events.at(-1)?.id ?? LOG_BEGINNING;
    const now = Date.now();
    const event: LogEvent = {
      id: cursorOf(now, ++this.ids),
      project_id: projectId,
      stage: stage ?? (writer ? laneParts(writer.lane).stage : ''),
      timestamp: now / 1000,
      ...(writer && { lane: writer.lane, fence: writer.fence, attempt: writer.attempt }),
      ...body,
    };
    events.push(event);
    if (events.length > this.options.maxEntries) events.shift();
    for (const listener of [...listeners]) listener({ kind: 'event', event, previousId: before });
  }
}

/** Listeners stay subscribed. */
function forget(project: Project): void {
  const { events, lanes, newest, marks } = project;
  events.length = 0;
  for (const held of [lanes, newest, marks]) held.clear();
  delete project.run;
}

function isSuperseded({ run = -Infinity }: Project, fence: number): boolean {
  return fence < run;
}

/** Refuses older attempts; returns the fence that refuses them. */
function refuses({ newest }: Project, { lane, fence }: LaneWriter): number | undefined {
  const known = newest.get(lane) ?? 0;
  if (fence < known) return known;
  newest.set(lane, fence);
  return undefined;
}

function storedLane(stored: { fence: number; attempt: number; bytes: Buffer }): StoredLane {
  return { fence: stored.fence, attempt: stored.attempt, text: stored.bytes.toString('utf8') };
}
