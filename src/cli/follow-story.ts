import type { ProjectView, StoryClient } from '../client';
import type { Config } from '../config';
import {
  isTerminal,
  laneParts,
  type Cursor,
  type ProjectId,
  type StageName,
  type StoryEvent,
  laneEntries,
} from '../protocol';
import { EXIT_CODES } from './exit-codes';
import { EMPTY_VIEW, lanesOfStage, reduceStory, type Ending, type Renderer, type StoryView } from './render';
import { liveRun } from './live-run';
import { loaded } from './loaded';

export interface FollowOptions {
  /** Continue after this event instead of beginning with a snapshot. */
  readonly from?: Cursor;
  /** Only this stage; the watch ends with it. */
  readonly stage?: StageName;
  /** Return when a lane needs attention, because no person is there to see it. */
  readonly stopWhenParked: boolean;
  /** Leaves the run going. */
  readonly signal: AbortSignal;
  /** Copies the film to the place where a person expects it, and returns that path. */
  readonly placeFilm?: (path: string, project: ProjectView) => Promise<string>;
}

type Outcome = 'completed' | 'failed' | 'parked' | 'left';

export interface Followed {
  readonly outcome: Outcome;
  /** The exit code that fits. That a text did not match outweighs how the run ended. */
  readonly code: number;
}

/** How long nothing may happen to a new run before a person is asked to look for a worker. */
const QUIET_MS = 10_000;

const CODES: Readonly<Record<Outcome, number>> = {
  completed: EXIT_CODES.ok.code,
  failed: EXIT_CODES.failed.code,
  parked: EXIT_CODES.parked.code,
  left: EXIT_CODES.interrupted.code,
};

/** Shows a project's run until it ends, needs attention or is left, and returns its status then. */
export async function followStory(
  { client, config }: { readonly client: StoryClient; readonly config: Config },
  projectId: ProjectId,
  renderer: Renderer,
  options: FollowOptions,
): Promise<Followed> {
  let view: StoryView = EMPTY_VIEW;
  let outcome: Outcome | undefined;
  const quiet = setTimeout(() => {
    if (view.status === 'queued') renderer.note('Nothing has happened yet. Does a worker run? ("storyreel worker")');
  }, QUIET_MS);
  const { from, signal } = options;
  try {
    for await (const event of client.watch(projectId, { signal, ...(from && { from }) })) {
      const shown = options.stage === undefined ? event : ofStage(event, options.stage);
      if (!shown) continue;
      const before = view;
      view = reduceStory(view, shown);
      renderer.show(shown, before, view);
      outcome = await outcomeOf(view, { client, projectId, options, event: shown });
      if (outcome) break;
    }
  } finally {
    clearTimeout(quiet);
  }
  outcome ??= signal.aborted ? 'left' : 'failed';
  for (const lane of view.mismatches)
    renderer.note(`Stream.Mismatch: a text of ${lane} was shown that is not the one that is stored. Please report it.`);
  renderer.close(outcome === 'left' ? undefined : await endingOf({ client, config }, projectId, view, options));
  return { outcome, code: view.mismatches.length > 0 ? EXIT_CODES.mismatch.code : CODES[outcome] };
}

interface Moment {
  readonly client: StoryClient;
  readonly projectId: ProjectId;
  readonly options: FollowOptions;
  readonly event: StoryEvent;
}

async function outcomeOf(view: StoryView, { client, projectId, options, event }: Moment): Promise<Outcome | undefined> {
  if (view.status === 'completed') return 'completed';
  if (view.status === 'failed' || view.status === 'cancelled') return 'failed';
  if (options.stage !== undefined && hasEnded(view, options.stage, event)) return 'completed';
  if (!options.stopWhenParked) return undefined;
  if (view.status === 'awaiting_approval' && (event.type === 'awaiting' || event.type === 'snapshot')) return 'parked';
  if (event.type !== 'attention' && event.type !== 'snapshot') return undefined;
  if (![...view.lanes.values()].some(({ status }) => status === 'needs_attention')) return undefined;
  // Right after a retry, Postgres still has `needs_attention` for the lane; the workflow is more recent.
  return event.type === 'attention' || (await liveRun(client, projectId)) !== 'running' ? 'parked' : undefined;
}

function ofStage(event: StoryEvent, stage: StageName): StoryEvent | undefined {
  if (event.type !== 'snapshot') return event.stage === stage || isTerminal(event) ? event : undefined;
  const lanes = laneEntries(event.lanes).filter(([lane]) => laneParts(lane).stage === stage);
  return { ...event, lanes: Object.fromEntries(lanes) };
}

function hasEnded(view: StoryView, stage: StageName, event: StoryEvent): boolean {
  if (event.type === 'stage_completed') return true;
  const lanes = lanesOfStage(view, stage);
  return (
    event.type === 'snapshot' &&
    lanes.length > 0 &&
    lanes.every(({ status }) => status === 'completed' || status === 'skipped')
  );
}

async function endingOf(
  { client, config }: { readonly client: StoryClient; readonly config: Config },
  projectId: ProjectId,
  { began = 0, last = 0 }: StoryView,
  { placeFilm }: FollowOptions,
): Promise<Ending> {
  const project = await client.status(projectId);
  const stored = project.film && loaded.storage.placeOfMedia(config, project.film.asset);
  const isDone = stored !== undefined && project.status === 'completed';
  const filmPath = isDone && placeFilm ? await placeFilm(stored, project) : stored;
  return { project, seconds: last - began, ...(filmPath !== undefined && { filmPath }) };
}
