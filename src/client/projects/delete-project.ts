import type { Client } from '@temporalio/client';
import type { DataSource } from 'typeorm';
import { Project } from '../../entities';
import { projectNotFound, unreachable, workflowIdOf, type ProjectId } from '../../protocol';
import type { EventLog } from '../../stream';
import { changeRows } from '../access/acting';
import { conflict } from '../edit';
import { isRunning, mustHaveEnded } from '../runs/live-workflow';
import { purgeHistory } from '../runs/purge-history';

/** What is deleted beside the project itself. */
export interface DeleteOptions {
  /** Temporal's histories, too. */
  readonly purgeHistory?: boolean;
  /** The version that is deleted: a project that was edited meanwhile stays. Default: any. */
  readonly version?: number;
}

interface DeletePorts {
  readonly temporal: Client;
  readonly dataSource: DataSource;
  readonly log: EventLog;
}

/** See `StoryClient.delete`. */
export async function deleteProject(
  { temporal, dataSource, log }: DeletePorts,
  id: ProjectId,
  { purgeHistory: purge = false, version }: DeleteOptions,
): Promise<void> {
  const project = await dataSource.getRepository(Project).findOneBy({ id });
  if (project) {
    if (version !== undefined && version !== project.version) throw conflict(project.version, version, 'deletion');
    await mustHaveEnded(temporal, project);
    await log.delete(id).catch((cause: unknown) => {
      throw unreachable('Redis', 'REDIS_URL', cause);
    });
    await changeRows(dataSource, async (manager) => {
      const { affected } = await manager.delete(Project, { id, ...(version !== undefined && { version }) });
      if (version === undefined || affected !== 0) return;
      const now = await manager.findOneBy(Project, { id });
      throw now ? conflict(now.version, version, 'deletion') : projectNotFound(id);
    });
  } else if (!purge || (await isRunning(temporal, workflowIdOf(id)))) {
    throw projectNotFound(id);
  }
  const purged = purge ? await purgeHistory(temporal, id) : 0;
  if (!project && purged === 0) throw projectNotFound(id);
}
