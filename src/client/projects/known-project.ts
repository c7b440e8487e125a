import type { DataSource } from 'typeorm';
import { Project } from '../../entities';
import { projectNotFound, type ProjectId } from '../../protocol';

/** The project as Postgres has it now. Throws `Project.NotFound`. */
export async function knownProject({ manager }: Pick<DataSource, 'manager'>, id: ProjectId): Promise<Project> {
  const project = await manager.findOneBy(Project, { id });
  if (!project) throw projectNotFound(id);
  return project;
}

/** The owner alone: every request to the gateway asks for it, and a whole entity costs several times as much. */
export async function ownerOf(dataSource: DataSource, id: ProjectId): Promise<string | undefined> {
  const [found] = await dataSource.query<Pick<Project, 'owner'>[]>('SELECT owner FROM projects WHERE id = $1', [id]);
  if (!found) throw projectNotFound(id);
  return found.owner ?? undefined;
}
