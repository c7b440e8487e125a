import type { BatchId, ProjectId } from './ids';
import { firstBytes, storable } from './outside-text';
import type { ProjectStatus, RunStatus } from './status';
import type { StoryInput } from './workflow-api';

/** The type of the workflow of a batch. */
export const BATCH_WORKFLOW = 'batch';
/** The message that puts projects into a batch. */
export const ADD_MESSAGE = 'add';
/** The message by which a story states its status to its batch. */
export const STORY_STATUS_MESSAGE = 'storyStands';

/** Task priorities: 1 is served first, 5 last. 3 is the default. */
export const PRIORITIES = [1, 2, 3, 4, 5] as const;
/** How soon a story is served, from 1, the first, to 5. */
export type StoryPriority = (typeof PRIORITIES)[number];

/** The status of a project in a batch. `queued`: the batch has not started it yet. */
export type BatchedStatus = Exclude<ProjectStatus, 'draft'>;

/** A project in the input of a batch. */
export interface BatchItem {
  readonly projectId: ProjectId;
  readonly priority?: StoryPriority;
  /** Owners get equal shares of the workers. */
  readonly owner?: string;
}

/** The input of a batch workflow: which projects, in which order, and how many at once. Glossary: batch. */
export interface BatchInput {
  readonly batchId: BatchId;
  /** The projects in the order in which the batch takes them. */
  readonly projects: readonly BatchItem[];
  /** How many projects are worked on at once. A project that waits for a person does not count. */
  readonly atMost: number;
  /** Handed on to every story. */
  readonly story?: Omit<StoryInput, 'projectId' | 'carried'>;
  /** Set by the workflow itself when it continues as new: the status of each project, in the order of `projects`. */
  readonly carried?: readonly BatchedStatus[];
}

/** `add {projects}`: takes projects in at the end; one that has failed or was cancelled gets another turn. */
export interface AddRequest {
  readonly projects: readonly BatchItem[];
}

/** `storyStands {projectId, status}`: a story announces that it waits for a person, or that it works again. */
export interface StoryStatusChange {
  readonly projectId: ProjectId;
  readonly status: RunStatus;
}

/** The answer of a batch's `status` query. */
export interface BatchStatusView {
  readonly batchId: BatchId;
  readonly status: RunStatus;
  readonly atMost: number;
  readonly counts: Readonly<Partial<Record<BatchedStatus, number>>>;
  readonly projects: readonly { readonly projectId: ProjectId; readonly status: BatchedStatus }[];
}

/**
 * The state that Temporal reports for a story. `terminated`: it was ended from outside, and its rows do not show that
 * yet.
 */
export type StoryState = BatchedStatus | 'terminated';

/** A batch's own steps. */
export interface BatchActivities {
  /** In the order asked; null of one that cannot be looked at now; `queued` of one that has no run and needs one. */
  storyStates(input: { projectIds: readonly ProjectId[] }): Promise<(StoryState | null)[]>;
  /** Closes a story that was ended from outside, unless somebody has started it again. Returns the story's status. */
  closeStory(input: { projectId: ProjectId }): Promise<BatchedStatus>;
  /** Ends, in rows and for viewers, what was queued and will not have its turn. */
  closeQueued(input: { projectIds: readonly ProjectId[] }): Promise<void>;
}

const MAX_FAIRNESS_BYTES = 64;

/** Temporal's fairness key of an owner, and all of an owner that a batch keeps in its history. */
export function fairnessKeyOf(owner: string): string {
  return firstBytes(storable(owner), MAX_FAIRNESS_BYTES);
}

/** The Temporal priority of a run, which each of its lanes inherits. */
export function priorityOf({ priority, owner }: { readonly priority?: StoryPriority; readonly owner?: string }): {
  readonly priorityKey?: number;
  readonly fairnessKey?: string;
} {
  return {
    ...(priority !== undefined && { priorityKey: priority }),
    ...(owner !== undefined && owner !== '' && { fairnessKey: fairnessKeyOf(owner) }),
  };
}
