import {
  defined,
  laneEntries,
  laneParts,
  personCommands,
  PIPELINE,
  roleOf,
  type FilmReference,
  type LaneId,
  type LogEvent,
  type ProjectId,
  type ProjectStatus,
  type SceneSnapshot,
  type SnapshotEvent,
  type StoryEvent,
} from '../../protocol';
import { addToken, checkOf, laneOfSnapshot, newLane, resumeAt, type LaneState } from './lane-state';

/** A story as one viewer knows it from its events. */
export interface StoryView {
  readonly projectId?: ProjectId;
  readonly topic?: string;
  readonly status: ProjectStatus;
  readonly lanes: ReadonlyMap<LaneId, LaneState>;
  readonly scenes: readonly Pick<SceneSnapshot, 'scene_number' | 'narration'>[];
  readonly film?: FilmReference;
  /** Lanes of which a wrong text was shown, even if that has been repaired since. */
  readonly mismatches: readonly LaneId[];
  /** Stages that wait for approval. */
  readonly gates?: readonly string[];
  /** Why the run ended badly. */
  readonly error?: string;
  /** Seconds, of the first and the last event. */
  readonly began?: number;
  readonly last?: number;
}

export const EMPTY_VIEW: StoryView = { status: 'queued', lanes: new Map(), scenes: [], mismatches: [] };

/** The view after one more event. Pure; the same events always give the same view. */
export function reduceStory(view: StoryView, event: StoryEvent): StoryView {
  const timed = {
    ...view,
    projectId: event.project_id,
    began: view.began ?? event.timestamp,
    last: event.timestamp,
  };
  if (event.type === 'snapshot') return ofSnapshot(timed, event);
  switch (event.type) {
    case 'pipeline_done':
      return { ...timed, status: 'completed' };
    case 'pipeline_error': {
      const status = event.metadata?.['status'] === 'cancelled' ? 'cancelled' : 'failed';
      return { ...timed, status, error: event.error };
    }
    case 'awaiting':
      return { ...timed, status: 'awaiting_approval', gates: [...new Set([...(view.gates ?? []), event.gate])] };
    default:
      return event.lane === undefined ? ofRun(timed, event) : ofLane(timed, event, event.lane);
  }
}

/** Replaces all that was known, but when it began. */
function ofSnapshot(
  view: StoryView & { projectId: ProjectId },
  { topic, status, lanes, scenes, film }: SnapshotEvent,
): StoryView {
  const { projectId, began, last, mismatches } = view;
  const wrong = laneEntries(lanes).flatMap(([lane, { verified }]) => (verified === false ? [lane] : []));
  return {
    projectId,
    mismatches: withLanes(mismatches, wrong),
    ...defined({ began, last, film }),
    topic,
    status,
    scenes,
    lanes: new Map(
      laneEntries(lanes).map(([name, snapshot]) => {
        const lane = laneOfSnapshot(name, snapshot);
        return [lane.lane, lane.error ? { ...lane, commands: personCommands(view.projectId, lane.lane) } : lane];
      }),
    ),
  };
}

function ofRun(view: StoryView, event: LogEvent): StoryView {
  if (event.stage !== PIPELINE || event.type !== 'stage_update') return view;
  const continues =
    view.status === 'paused' || view.status === 'awaiting_approval' || view.status === 'needs_attention';
  if (event.status !== 'processing' || continues) {
    const gates = event.status === 'awaiting_approval' ? (view.gates ?? []) : [];
    return { ...view, status: event.status as ProjectStatus, gates };
  }
  // A run begins: all that was made before is looked at again.
  const lanes = [...view.lanes].map(([lane, state]) => [lane, { ...state, status: 'pending' as const }] as const);
  return { ...view, status: 'processing', lanes: new Map(lanes) };
}

function ofLane(view: StoryView, event: LogEvent, lane: LaneId): StoryView {
  const known = view.lanes.get(lane);
  const before: LaneState = { ...(known ?? newLane(lane)), ...(event.attempt && { attempt: event.attempt }) };
  const after = nextLane(before, event);
  const lanes = new Map(view.lanes).set(lane, after);
  const parked = [...lanes.values()].some(({ error }) => error !== undefined);
  // An operator's pause holds until the run itself reports another status.
  const isHeld = view.status === 'paused' || view.status === 'awaiting_approval';
  const next: StoryView = { ...view, lanes, status: isHeld ? view.status : parked ? 'needs_attention' : 'processing' };
  if (event.type !== 'done') return next;
  return {
    ...next,
    mismatches: event.verified === false ? withLanes(view.mismatches, [lane]) : view.mismatches,
    scenes: (roleOf(lane) === 'scenes' && scenesIn(after.text)) || view.scenes,
  };
}

function nextLane(state: LaneState, event: LogEvent): LaneState {
  switch (event.type) {
    case 'token':
      return { ...addToken(state, event.content, event.offset), status: 'processing' };
    case 'reset': {
      const { check: _, ...rest } = state;
      return { ...rest, text: '', bytes: 0 };
    }
    case 'resumed':
      return resumeAt(state, event.offset);
    case 'done':
      return { ...state, check: checkOf(event.verified) };
    case 'item_completed': {
      const result = event.metadata?.['movement'];
      return { ...state, ...(typeof result === 'string' && { result }) };
    }
    case 'stage_update': {
      const { error: _, commands: __, progress: ___, ...rest } = state;
      return { ...rest, status: event.status, ...(event.progress !== undefined && { progress: event.progress }) };
    }
    case 'attention':
      return { ...state, error: event.error, commands: event.commands };
    default:
      return state;
  }
}

export function lanesOfStage(view: StoryView, stage: string): LaneState[] {
  return [...view.lanes.values()]
    .filter(({ lane }) => laneParts(lane).stage === stage)
    .sort((a, b) => (laneParts(a.lane).scene ?? 0) - (laneParts(b.lane).scene ?? 0));
}

function withLanes(known: readonly LaneId[], more: readonly LaneId[]): readonly LaneId[] {
  return more.length === 0 ? known : [...new Set([...known, ...more])];
}

/** The scenes of a committed storyboard; undefined if it is not plain JSON. Only for display: Postgres is the authority. */
function scenesIn(text: string): StoryView['scenes'] | undefined {
  try {
    const { scenes } = JSON.parse(text.slice(text.indexOf('{'), text.lastIndexOf('}') + 1)) as { scenes: unknown[] };
    return scenes.map((scene, i) => ({
      scene_number: i + 1,
      narration: String((scene as Partial<SceneSnapshot>).narration ?? ''),
    }));
  } catch {
    return undefined;
  }
}
