import type { DataSource } from 'typeorm';
import type { Config } from '../../config';
import { laneCosts, usageTotals } from '../../entities';
import { projectNotFound, type ProjectId } from '../../protocol';
import { loadStatusRows } from '../watch/project-rows';
import { projectView, type ProjectView } from './project-view';

/** The status of a project. Throws `Project.NotFound`. */
export async function loadProjectView(dataSource: DataSource, id: ProjectId, config: Config): Promise<ProjectView> {
  // All at once: one after the other, each would wait for Postgres and for its turn in a busy process.
  const [rows, usage, costs] = await Promise.all([
    loadStatusRows(dataSource, id),
    usageTotals(dataSource.manager, id),
    laneCosts(dataSource.manager, id),
  ]);
  if (!rows) throw projectNotFound(id);
  return projectView(id, rows, usage, costs, config);
}
