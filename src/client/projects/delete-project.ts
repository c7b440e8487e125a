import type { Client } from '@temporalio/client';
import type { DataSource } from 'typeorm';
import { Project } from '../../entities';
import { projectNotFound, unreachable, workflowIdOf, type ProjectId } from '../../protocol';
import type { EventLog } from '../../stream';
import { changeRows } from '../access/acting';
import { isRunning, mustHaveEnded } from '../runs/live-workflow';
import { purgeHistory } from '../runs/purge-history';

/** What is deleted beside the project itself. */
export interface DeleteOptions {
  /** Temporal's histories, too. */
  readonly purgeHistory?: boolean;
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
  { purgeHistory: purge = false }: DeleteOptions,
): Promise<void> {
  const project = await dataSource.getRepository(Project).findOneBy({ id });
  if (project) {
    await mustHaveEnded(temporal, project);
    await log.delete(id).catch((cause: unknown) => {
      throw unreachable('Redis', 'REDIS_URL', cause);
    });
    await changeRows(dataSource, (manager) => manager.delete(Project, { id }));
  } else if (!purge || (await isRunning(temporal, workflowIdOf(id)))) {
    throw projectNotFound(id);
  }
  const purged = purge ? await purgeHistory(temporal, id) : 0;
  if (!project && purged === 0) throw projectNotFound(id);
}
