import type { DataSource } from 'typeorm';
import type { Config } from '../../config';
import { laneCosts, usageTotals } from '../../entities';
import { projectNotFound, type ProjectId } from '../../protocol';
import { loadStatusRows } from '../watch/project-rows';
import { projectView, type ProjectView } from './project-view';

/** The status of a project. Throws `Project.NotFound`. */
export async function loadProjectView(dataSource: DataSource, id: ProjectId, config: Config): Promise<ProjectView> {
  const rows = await loadStatusRows(dataSource, id);
  if (!rows) throw projectNotFound(id);
  const [usage, costs] = await Promise.all([usageTotals(dataSource.manager, id), laneCosts(dataSource.manager, id)]);
  return projectView(id, rows, usage, costs, config);
}
