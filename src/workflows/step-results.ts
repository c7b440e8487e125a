import { ApplicationFailure } from '@temporalio/workflow';
import {
  definesScenes,
  PROJECT_STATUSES,
  type BatchedStatus,
  type CloseResult,
  type FailureType,
  type LaneId,
  type LaneResult,
  type OpenedRun,
  type RunsPage,
  type SceneIds,
  type StagePlan,
} from '../protocol';
import { fieldsOf } from './read-input';

export const ENDED_BY_HAND: FailureType = 'Lane.EndedByHand';

/** How often a step is repeated in sequence. Only a worker that gives results of another form comes to this limit. */
const MAX_REPEATS = 10;

/**
 * Runs a step until its result has our form. A person may complete the activity of a step by hand, with any value. Only
 * the step itself has the result, and it is safe to repeat. Throws `Lane.EndedByHand` after `MAX_REPEATS`.
 */
export async function resultOf<T>(step: () => Promise<T>, isOurs: (given: unknown) => boolean): Promise<T> {
  for (let repeats = 0; repeats <= MAX_REPEATS; repeats += 1) {
    const given = await step();
    if (isOurs(given)) return given;
  }
  throw ApplicationFailure.nonRetryable('A step of the run was completed by hand, again and again.', ENDED_BY_HAND);
}

/** Whether this is a valid result of a lane's activity. */
export function isResultOf(lane: LaneId, plan: readonly StagePlan[], given: unknown): given is LaneResult {
  const { sha256, bytes, announced, scenes, sceneIds }: Partial<Fields<LaneResult>> = fieldsOf(given) ?? {};
  if (typeof sha256 !== 'string' || typeof bytes !== 'number' || typeof announced !== 'boolean') return false;
  if (sceneIds !== undefined && !isSceneIds(sceneIds)) return false;
  return isSceneNumbers(scenes) || (scenes === undefined && !definesScenes(plan, lane));
}

export function isOpenedRun(given: unknown): given is OpenedRun {
  const { plan, runFence, runId, scenes, sceneIds }: Partial<Fields<OpenedRun>> = fieldsOf(given) ?? {};
  return (
    Array.isArray(plan) &&
    plan.every(isStage) &&
    typeof runFence === 'number' &&
    (runId === undefined || typeof runId === 'string') &&
    (scenes === undefined || isSceneNumbers(scenes)) &&
    (sceneIds === undefined || isSceneIds(sceneIds))
  );
}

function isStage(given: unknown): boolean {
  const { name, kind, scope, needs, without }: Partial<Fields<StagePlan>> = fieldsOf(given) ?? {};
  return areTexts([name, kind, scope]) && areTexts(needs) && (without === undefined || areTexts(without));
}

export function isCloseResult(given: unknown): given is CloseResult {
  const { announced, completed }: Partial<Fields<CloseResult>> = fieldsOf(given) ?? {};
  return typeof announced === 'boolean' && (completed === undefined || areTexts(completed));
}

/** Scene numbers or, of a worker of this release, the scene ids by number. */
export function isSceneList(given: unknown): given is number[] | SceneIds {
  return isSceneNumbers(given) || isSceneIds(given);
}

export function isRunsPage(given: unknown): given is RunsPage {
  const { looked, live, fresh, waitingJobs, ...others }: Partial<Fields<RunsPage>> = fieldsOf(given) ?? {};
  const { repaired, failed = [], strays = [] } = others;
  return (
    [looked, live, fresh, waitingJobs].every((count) => typeof count === 'number') &&
    [repaired, failed, strays].every((names) => Array.isArray(names))
  );
}

export function isBatchedStatus(given: unknown): given is BatchedStatus {
  return given !== 'draft' && PROJECT_STATUSES.some((status) => status === given);
}

/** The fields of a result, with anything in them. */
type Fields<T> = { readonly [Field in keyof T]: unknown };

function isSceneNumbers(given: unknown): given is number[] {
  return Array.isArray(given) && given.every((scene) => Number.isSafeInteger(scene));
}

function isSceneIds(given: unknown): given is SceneIds {
  const ids = fieldsOf(given);
  return ids !== undefined && isSceneNumbers(Object.keys(ids).map(Number)) && areTexts(Object.values(ids));
}

function areTexts(given: unknown): given is string[] {
  return Array.isArray(given) && given.every((each) => typeof each === 'string');
}
