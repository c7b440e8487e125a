import { batch, signal } from '@preact/signals';
import {
  sha256Hex,
  stageOfRole,
  utf8Bytes,
  type FilmReference,
  type LogEvent,
  type ProjectStatus,
  type SceneSnapshot,
  type SnapshotEvent,
  type StoryEvent,
} from '../../src/protocol';
import { NEW_LANE, type LaneState } from './lane-state';
import { LiveText } from './live-text';

/** A picture or a clip of a scene. */
export interface Asset {
  readonly sha256: string;
  readonly duration?: number;
}

export interface SceneAssets {
  readonly image?: Asset;
  readonly clip?: Asset;
  readonly camera?: { readonly movement: string; readonly speed: string };
}

const KEPT_EVENTS = 5_000;

/** A project as its events describe it. Texts are separate: see `LiveText`. */
export class StoryModel {
  readonly status = signal<ProjectStatus | undefined>(undefined);
  readonly topic = signal('');
  readonly lanes = signal<ReadonlyMap<string, LaneState>>(new Map());
  readonly scenes = signal<readonly SceneSnapshot[]>([]);
  readonly assets = signal<ReadonlyMap<number, SceneAssets>>(new Map());
  readonly film = signal<FilmReference | undefined>(undefined);
  readonly editedBy = signal<string | undefined>(undefined);
  /** The newest event is last. The array is changed in place; `eventCount` shows when. */
  readonly events: StoryEvent[] = [];
  readonly eventCount = signal(0);
  private readonly texts = new Map<string, LiveText>();

  text(lane: string): LiveText {
    const text = this.texts.get(lane) ?? new LiveText();
    this.texts.set(lane, text);
    return text;
  }

  /** False if events before this one are missing. */
  take(event: StoryEvent): boolean {
    this.events.push(event);
    if (this.events.length > KEPT_EVENTS * 1.2) this.events.splice(0, this.events.length - KEPT_EVENTS);
    let isWhole = true;
    batch(() => {
      if (event.type !== 'token') this.eventCount.value += 1;
      if (event.type === 'snapshot') this.takeSnapshot(event);
      else isWhole = this.takeLogEvent(event);
    });
    return isWhole;
  }

  private takeSnapshot(snapshot: SnapshotEvent): void {
    this.status.value = snapshot.status;
    this.topic.value = snapshot.topic;
    this.scenes.value = snapshot.scenes;
    this.film.value = snapshot.film;
    const before = this.lanes.value;
    const lanes = new Map<string, LaneState>();
    for (const [lane, { text, status, attempt, fence, sha256: hash, error }] of Object.entries(snapshot.lanes)) {
      const old = before.get(lane) ?? NEW_LANE;
      this.text(lane).set(text ?? '');
      lanes.set(lane, {
        ...old,
        status,
        attempt,
        fence,
        proof: hash === undefined ? 'none' : 'checking',
        sha256: hash,
        error,
      });
      if (hash !== undefined) void this.prove(lane, hash);
    }
    for (const lane of this.texts.keys()) if (!(lane in snapshot.lanes)) this.text(lane).set('');
    this.lanes.value = lanes;
    const assets = new Map(this.assets.value);
    for (const scene of snapshot.scenes) {
      const { image, clip, camera } = scene as SceneSnapshot & Partial<SceneAssets>;
      if (image ?? clip ?? camera) assets.set(scene.scene_number, { image, clip, camera });
    }
    this.assets.value = assets;
  }

  private takeLogEvent(event: LogEvent): boolean {
    const { lane, fence, attempt } = event;
    switch (event.type) {
      case 'token':
        if (lane === undefined) return true;
        // A token that comes twice changes nothing.
        if (!this.text(lane).token(event.content, event.offset)) return false;
        if (this.lanes.value.get(lane)?.fence !== fence) this.change(lane, { fence, attempt });
        return true;
      case 'resumed':
        if (lane === undefined) return true;
        if (!this.text(lane).resumed(event.offset)) return false;
        this.change(lane, {
          fence,
          attempt: event.attempt,
          proof: 'none',
          marks: [
            ...this.marks(lane),
            { kind: 'resumed', offset: event.offset, why: event.how, attempt: event.attempt },
          ],
        });
        return true;
      case 'reset':
        if (lane === undefined) return true;
        this.text(lane).set('');
        this.change(lane, {
          fence,
          attempt: event.attempt,
          proof: 'none',
          epoch: (this.lanes.value.get(lane)?.epoch ?? 0) + 1,
          marks: [...this.marks(lane), { kind: 'reset', offset: 0, why: event.reason, attempt: event.attempt }],
        });
        return true;
      case 'done':
        if (lane !== undefined) {
          this.change(lane, { fence, proof: 'checking', sha256: event.metadata.sha256 });
          void this.prove(lane, event.metadata.sha256, event.metadata.length);
        }
        return true;
      case 'stage_update':
        if (lane !== undefined) {
          this.change(lane, { status: event.status, fence, attempt, message: event.message, error: undefined });
        } else if (event.stage === 'pipeline') this.status.value = event.status as ProjectStatus;
        return true;
      case 'attention':
        if (lane !== undefined) this.change(lane, { status: 'needs_attention', error: event.error, fence, attempt });
        return true;
      case 'item_completed':
        this.takeItem(event);
        return true;
      case 'stage_completed':
        if (event.stage === stageOfRole('film').name && event.metadata)
          this.film.value = event.metadata as unknown as FilmReference;
        return true;
      case 'edited':
        this.editedBy.value = event.by;
        return true;
      case 'pipeline_done':
        this.status.value = 'completed';
        return true;
      case 'progress':
      case 'error':
      case 'pipeline_error':
      case 'awaiting':
      case 'usage':
        return true;
      default:
        // An event of a newer gateway.
        return true;
    }
  }

  private takeItem(event: LogEvent & { readonly type: 'item_completed' }): void {
    const { sequence_number: scene, item_type: type, metadata = {} } = event;
    const old = this.assets.value.get(scene) ?? {};
    const asset = metadata as unknown as Asset;
    const next =
      type === 'camera'
        ? { camera: metadata as unknown as SceneAssets['camera'] }
        : type === 'image'
          ? { image: asset }
          : type === 'video'
            ? { clip: asset }
            : {};
    this.assets.value = new Map(this.assets.value).set(scene, { ...old, ...next });
  }

  private marks(lane: string): LaneState['marks'] {
    return this.lanes.value.get(lane)?.marks ?? [];
  }

  private change(lane: string, change: { readonly [Key in keyof LaneState]?: LaneState[Key] | undefined }): void {
    const old = this.lanes.value.get(lane) ?? NEW_LANE;
    const next: LaneState = {
      ...old,
      ...change,
      fence: Math.max(change.fence ?? 0, old.fence),
      attempt: change.attempt ?? old.attempt,
      status: change.status ?? old.status,
      proof: change.proof ?? old.proof,
      epoch: change.epoch ?? old.epoch,
      marks: change.marks ?? old.marks,
    };
    this.lanes.value = new Map(this.lanes.value).set(lane, next);
  }

  /** Hashes the text that the page shows. `verified` is never shown before that. */
  private async prove(lane: string, hash: string, length?: number): Promise<void> {
    const text = this.text(lane).whole;
    const found = await sha256Hex(text);
    const now = this.lanes.value.get(lane);
    // It has changed in the meantime, and is proved again at its end.
    if (now?.sha256 !== hash || now.proof !== 'checking') return;
    const isSame = found === hash && (length === undefined || length === utf8Bytes(text));
    this.change(lane, { proof: found === undefined ? 'unable' : isSame ? 'verified' : 'differs' });
  }
}
