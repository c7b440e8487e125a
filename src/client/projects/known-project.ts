import type { DataSource } from 'typeorm';
import { Project } from '../../entities';
import { projectNotFound, type ProjectId } from '../../protocol';

/** The project as Postgres has it now. Throws `Project.NotFound`. */
export async function knownProject(dataSource: DataSource, id: ProjectId): Promise<Project> {
  const project = await dataSource.getRepository(Project).findOneBy({ id });
  if (!project) throw projectNotFound(id);
  return project;
}
