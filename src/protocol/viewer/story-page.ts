import {
  isTerminal,
  type FilmReference,
  type LogEvent,
  type SceneSnapshot,
  type SnapshotEvent,
  type StoryEvent,
  type UsageTotals,
} from '../events';
import { compareCursors, laneEntries, type Cursor, type LaneId } from '../ids';
import { PIPELINE, stageOfRole } from '../stages';
import { PROJECT_STATUSES, type ProjectStatus } from '../status';
import { LanePage, type Applied } from './lane-page';
import { isStreamEvent, type StreamEvent } from './stream-events';

/** One thing that was made: a picture, a camera move, a clip. */
export type MadeItem = LogEvent & { readonly type: 'item_completed' };
type Progress = LogEvent & { readonly type: 'progress' };

/** What has changed. `lane` is absent if the whole page may have changed. */
export interface PageChange {
  readonly what: 'page' | 'lane' | 'nothing';
  readonly lane?: LaneId;
}

/**
 * The whole state of a page that shows one story, built from the events of its stream. An event may be given more
 * than once; a known event changes nothing. Joined tokens have no id of their own and are known by their offset, so only
 * those after the last other event may be repeated. If something is missing, or a committed text differs from the stored
 * one, `needsSnapshot` is true until a snapshot arrives. Open the stream without a cursor then.
 *
 * It runs in Node and in browsers. A reader who is given the same events by `StoryClient.watch` has the same texts.
 */
export class StoryPage {
  status: ProjectStatus = 'draft';
  topic = '';
  /** Continue after this event; undefined: begin with a snapshot. */
  cursor: Cursor | undefined;
  lanes: ReadonlyMap<LaneId, LanePage> = new Map();
  scenes: readonly SceneSnapshot[] = [];
  film: FilmReference | undefined;
  /** Since the last snapshot, the newest of each lane. */
  items: ReadonlyMap<string, MadeItem> = new Map();
  progress: ReadonlyMap<string, Progress> = new Map();
  completedStages: ReadonlySet<string> = new Set();
  usage: UsageTotals | undefined;
  /** The stages that wait for approval. */
  gates: ReadonlySet<string> = new Set();
  error: string | undefined;
  needsSnapshot = false;
  /** Everything that was there when the stream was opened has come. */
  caughtUp = false;
  /** Why the stream has ended for good. */
  ended: string | undefined;
  private readonly proofs = new Set<Promise<void>>();

  /** `onProof` is called when a text has been compared with its hash, which is later than its `done`. */
  constructor(private readonly onProof: (lane: LaneId, page: LanePage) => void = () => undefined) {}

  /** Resolves when no text is being compared with its hash any more. */
  async proved(): Promise<void> {
    while (this.proofs.size > 0) await Promise.all(this.proofs);
  }

  /** Takes the next event of the stream, and returns what it has changed. An event that is known changes nothing. */
  apply(event: StoryEvent | StreamEvent): PageChange {
    if (isStreamEvent(event)) return this.control(event);
    if (event.type === 'snapshot') return this.adopt(event);
    // If tokens were joined, only the last has an id.
    const { id }: { readonly id?: Cursor } = event;
    if (id !== undefined && this.cursor !== undefined && compareCursors(id, this.cursor) <= 0)
      return { what: 'nothing' };
    const change = event.lane === undefined ? this.takeOfStory(event) : this.takeOfLane(event, event.lane);
    // The events before a gap must not be skipped.
    if (!this.needsSnapshot) this.cursor = id ?? this.cursor;
    return change;
  }

  private adopt(snapshot: SnapshotEvent): PageChange {
    const lanes = laneEntries(snapshot.lanes).map(
      ([lane, each]) => [lane, LanePage.of(each, this.lanes.get(lane))] as const,
    );
    this.lanes = new Map(lanes);
    this.cursor = snapshot.cursor;
    this.status = snapshot.status;
    this.topic = snapshot.topic;
    this.scenes = snapshot.scenes;
    this.film = snapshot.film;
    this.items = new Map();
    this.progress = new Map();
    this.completedStages = new Set();
    this.gates = new Set();
    this.error = undefined;
    this.needsSnapshot = false;
    this.ended = undefined;
    // A text that is stored wrongly cannot be helped by one more snapshot.
    for (const [lane, page] of lanes) if (page.sha256 !== undefined && page.offset > 0) this.prove(lane, page, false);
    return { what: 'page' };
  }

  private control(event: StreamEvent): PageChange {
    if (event.type === 'caught_up') this.caughtUp = true;
    else if (event.type === 'stream') this.caughtUp = event.state === 'live';
    else if (event.type === 'end') this.ended = event.reason;
    return { what: 'page' };
  }

  private takeOfLane(event: LogEvent, lane: LaneId): PageChange {
    const page = this.lanes.get(lane) ?? new LanePage();
    if (event.fence !== undefined && event.fence < page.fence) return { what: 'nothing' };
    const applied: Applied = page.apply(event);
    if (applied === 'gap') this.needsSnapshot = true;
    if (applied !== 'known' && !this.lanes.has(lane)) this.lanes = new Map([...this.lanes, [lane, page]]);
    if (applied === 'changed' && event.type === 'done') this.prove(lane, page, true);
    const other = this.takeOfStory(event);
    return other.what === 'page' || applied === 'known' ? other : { what: 'lane', lane };
  }

  /** Takes an event that concerns more than a lane's text and status. */
  private takeOfStory(event: LogEvent): PageChange {
    switch (event.type) {
      case 'item_completed':
        this.items = new Map([...this.items, [event.lane ?? `${event.stage}/${event.sequence_number}`, event]]);
        break;
      case 'progress':
        this.progress = new Map([...this.progress, [event.stage, event]]);
        break;
      case 'stage_completed':
        this.completedStages = new Set([...this.completedStages, event.stage]);
        // The log has the storyboard's text, and a snapshot the scenes that were made of it.
        if (event.stage === stageOfRole('scenes').name) this.needsSnapshot = true;
        break;
      case 'usage':
        this.usage = event.project ?? this.usage;
        break;
      case 'awaiting':
        this.gates = new Set([...this.gates, event.gate]);
        this.status = 'awaiting_approval';
        break;
      case 'stage_update':
        if (event.stage !== PIPELINE) return { what: event.lane === undefined ? 'page' : 'nothing' };
        this.status = isProjectStatus(event.status) ? event.status : this.status;
        if (this.status === 'processing') this.gates = new Set();
        break;
      case 'error':
        this.error = event.error;
        break;
      case 'pipeline_done':
      case 'pipeline_error':
        this.end(event);
        break;
      default:
        return { what: 'nothing' };
    }
    return { what: 'page' };
  }

  private end(event: LogEvent & { readonly type: 'pipeline_done' | 'pipeline_error' }): void {
    if (!isTerminal(event)) return;
    this.gates = new Set();
    if (event.type === 'pipeline_done') {
      this.status = 'completed';
      return;
    }
    const status = event.metadata?.['status'];
    this.status = isProjectStatus(status) ? status : 'failed';
    this.error = event.error;
  }

  private prove(lane: LaneId, page: LanePage, again: boolean): void {
    const proof: Promise<void> = page
      .prove()
      .then((isRight) => {
        if (this.lanes.get(lane) !== page) return;
        if (!isRight && again) this.needsSnapshot = true;
        this.onProof(lane, page);
      })
      .finally(() => this.proofs.delete(proof));
    this.proofs.add(proof);
  }
}

function isProjectStatus(status: unknown): status is ProjectStatus {
  return PROJECT_STATUSES.some((known) => known === status);
}
