import { WorkflowNotFoundError, type Client, type WorkflowExecutionDescription } from '@temporalio/client';
import type { Project } from '../../entities';
import {
  isFinal,
  isOpen,
  STATUS_QUERY,
  STORY_RUN_MEMO,
  StoryreelError,
  storyRunIdOf,
  workflowIdOf,
  type ProjectId,
  type StoryMessage,
  type StoryRunId,
  type StoryStatusView,
} from '../../protocol';
import { isAway } from '../client-errors';
import { settlesWithin } from '../watch/timeouts';

/** A run that was started, or that was joined. */
export interface StartedRun {
  readonly workflowId: string;
  /** The story run id. */
  readonly runId: string;
}

/** How the request that has started a run is in its memo. */
export const REQUEST_MEMO = { id: 'requestId', input: 'requestInput' } as const;

/** Temporal answers in milliseconds, or it is away. */
const ANSWER_MS = 5_000;

/** A worker answers a query. After one was killed, Temporal asks another one only when the first has been silent for 10 s. */
const WORKER_ANSWER_MS = 20_000;

/** How long a run may take from its last event to its end in Temporal. */
const ENDING_MS = 10_000;

/** One call to Temporal, which would be repeated for much longer otherwise. */
export function briefly<T>(temporal: Client, call: () => Promise<T>): Promise<T> {
  return temporal.withDeadline(Date.now() + ANSWER_MS, call);
}

/** One call that Temporal passes on to a worker. */
export function untilWorkerAnswers<T>(temporal: Client, call: () => Promise<T>): Promise<T> {
  return temporal.withDeadline(Date.now() + WORKER_ANSWER_MS, call);
}

/**
 * Temporal's answer about a workflow; undefined if there is no workflow of this id, or if it has ended and takes no
 * messages.
 */
export async function undefinedIfNotFound<T>(answer: Promise<T>): Promise<T | undefined> {
  return answer.catch((error: unknown) => {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  });
}

/** The newest workflow of this id. */
export function described(temporal: Client, workflowId: string): Promise<WorkflowExecutionDescription | undefined> {
  return undefinedIfNotFound(briefly(temporal, () => temporal.workflow.getHandle(workflowId).describe()));
}

/** The workflow of this id, as long as it is open. */
export async function liveWorkflow(
  temporal: Client,
  workflowId: string,
): Promise<WorkflowExecutionDescription | undefined> {
  const found = await described(temporal, workflowId);
  return found && isOpen(found.status.name) ? found : undefined;
}

export async function isRunning(temporal: Client, workflowId: string): Promise<boolean> {
  return (await liveWorkflow(temporal, workflowId)) !== undefined;
}

/** The id of the story run that an execution belongs to. */
export function storyRunOf({ runId, memo, raw }: WorkflowExecutionDescription): StoryRunId {
  const named = memo?.[STORY_RUN_MEMO];
  return storyRunIdOf(typeof named === 'string' ? named : raw.workflowExecutionInfo?.firstRunId || runId);
}

/** Whether an execution belongs to this run. A reset can give the run the id of a later execution. */
export function isOfRun(found: WorkflowExecutionDescription, run: StoryRunId | null): boolean {
  return found.runId === run || storyRunOf(found) === run;
}

/**
 * True if the project's last run has announced its end, and closes in Temporal within a moment. False at once if the
 * open workflow is a later run.
 */
export async function hasClosed(temporal: Client, { id, status, runId }: Project): Promise<boolean> {
  if (!isFinal(status)) return false;
  const workflowId = workflowIdOf(id);
  const found = await briefly(temporal, () => temporal.workflow.getHandle(workflowId).describe());
  if (!isOfRun(found, runId)) return false;
  // However it ends.
  const ended = temporal.workflow
    .getHandle(workflowId, found.runId)
    .result()
    .catch(() => undefined);
  return settlesWithin(ended, ENDING_MS);
}

/** True if no run of the project is open. A run that has announced its end is given a moment to close. */
export async function hasNoOpenRun(temporal: Client, project: Project): Promise<boolean> {
  return !(await isRunning(temporal, workflowIdOf(project.id))) || hasClosed(temporal, project);
}

/** What a request has asked for; an older release has not stored it. */
interface RunOfRequest extends StartedRun {
  readonly runId: StoryRunId;
  readonly input: unknown;
}

/** The run that was started for this request, also if later ones were started since. Temporal forgets it in the end. */
export async function runOfRequest(
  temporal: Client,
  workflowId: string,
  requestId: string,
): Promise<RunOfRequest | undefined> {
  const isOf = ({ memo }: Pick<WorkflowExecutionDescription, 'memo'>) => memo?.[REQUEST_MEMO.id] === requestId;
  const last = await described(temporal, workflowId);
  // The list is a moment late, so the last one is asked for by itself.
  const found = last && !isOf(last) ? await earlierOf(temporal, workflowId, isOf) : last;
  return found && { workflowId, runId: storyRunOf(found), input: found.memo?.[REQUEST_MEMO.input] };
}

async function earlierOf(
  temporal: Client,
  workflowId: string,
  isOf: (run: Pick<WorkflowExecutionDescription, 'memo'>) => boolean,
): Promise<WorkflowExecutionDescription | undefined> {
  const find = async () => {
    for await (const run of temporal.workflow.list({ query: `WorkflowId = "${workflowId}"` })) {
      if (isOf(run)) return temporal.workflow.getHandle(workflowId, run.runId).describe();
    }
    return undefined;
  };
  return undefinedIfNotFound(briefly(temporal, find));
}

/** Throws `Project.AlreadyRunning` if a run of the project is open. A run that has announced its end closes soon. */
export async function mustHaveEnded(temporal: Client, project: Project): Promise<void> {
  if (await hasNoOpenRun(temporal, project)) return;
  const { id } = project;
  throw new StoryreelError(
    'Project.AlreadyRunning',
    `Project ${id} is running, and cannot be deleted now. Cancel it first: storyreel cancel ${id}`,
  );
}

/** The status that the live run reports; undefined if none is live. Throws `Worker.Absent` if no worker answers. */
export async function runStatus(temporal: Client, projectId: ProjectId): Promise<StoryStatusView | undefined> {
  const workflowId = workflowIdOf(projectId);
  if (!(await isRunning(temporal, workflowId))) return undefined;
  const handle = temporal.workflow.getHandle(workflowId);
  return undefinedIfNotFound(untilWorkerAnswers(temporal, () => handle.query<StoryStatusView>(STATUS_QUERY))).catch(
    (cause: unknown) => {
      // Temporal itself has just answered.
      throw isAway(cause)
        ? new StoryreelError('Worker.Absent', 'No worker answers for the run. Does one run? See "storyreel doctor".', {
            cause,
          })
        : cause;
    },
  );
}

/** A person has changed rows, so a live run must replan. Does nothing if no run is live. */
export async function signalEdited(temporal: Client, projectId: ProjectId): Promise<void> {
  const message: StoryMessage = 'edited';
  const handle = temporal.workflow.getHandle(workflowIdOf(projectId));
  await undefinedIfNotFound(briefly(temporal, () => handle.signal(message)));
}
