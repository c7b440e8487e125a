import type { Client, WorkflowExecutionDescription } from '@temporalio/client';
import type { DataSource } from 'typeorm';
import type { Project } from '../../entities';
import { isFinal, isOpen, StoryreelError, workflowIdOf, type ProjectId, type ProjectStatus } from '../../protocol';
import type { ControlChannel } from '../../stream';
import { briefly, described, isOfRun, undefinedIfNotFound } from './live-workflow';
import { knownProject } from '../projects/known-project';

/**
 * The result of a request to cancel. `requested`: the run ends as cancelled once all its lanes have stopped, unless it
 * was just about to end; its last event states which. A result that is being stored at that moment is kept.
 * `already_requested`: an earlier request was made, and the run has not ended yet. `not_running`: there was no open
 * run, and this is the status of the project.
 */
export type CancelResult =
  | { readonly kind: 'requested' | 'already_requested' }
  | { readonly kind: 'not_running'; readonly status: ProjectStatus };

interface CancelPorts {
  readonly temporal: Client;
  readonly control: ControlChannel;
  readonly dataSource: DataSource;
}

/** Asks Temporal first, which is the durable truth; then has workers stop at once what heartbeats would stop later. */
export async function cancelRun(
  { temporal, control, dataSource }: CancelPorts,
  projectId: ProjectId,
): Promise<CancelResult> {
  const workflowId = workflowIdOf(projectId);
  const handle = temporal.workflow.getHandle(workflowId);
  const found = await described(temporal, workflowId);
  const open = found && isOpen(found.status.name) ? found : undefined;
  // A run can be cancelled even if its project is missing, for example because an older database was restored.
  const known = await knownProject(dataSource, projectId).catch((error: unknown) => {
    if (open && error instanceof StoryreelError && error.type === 'Project.NotFound') return undefined;
    throw error;
  });
  if (!open || (known && hasAnnouncedItsEnd(known, open))) {
    return { kind: 'not_running', status: (known ?? (await knownProject(dataSource, projectId))).status };
  }
  const before = open.raw.workflowExtendedInfo?.cancelRequested === true;
  if (!before && !(await undefinedIfNotFound(briefly(temporal, () => handle.cancel())))) {
    return { kind: 'not_running', status: (await knownProject(dataSource, projectId)).status };
  }
  // Best effort: workers that cannot be reached learn of it within a second, with a heartbeat. An earlier request may
  // not have reached them, so it is sent again.
  await control.stop({ projectId, runId: open.runId });
  return { kind: before ? 'already_requested' : 'requested' };
}

/** Its workflow is about to be over, and no cancel can change how. */
function hasAnnouncedItsEnd({ status, runId }: Project, found: WorkflowExecutionDescription): boolean {
  return isFinal(status) && isOfRun(found, runId);
}
