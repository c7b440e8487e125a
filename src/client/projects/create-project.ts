import { createHash } from 'node:crypto';
import type { DataSource, EntityManager } from 'typeorm';
import { Project } from '../../entities';
import { StoryreelError, type ProjectId } from '../../protocol';
import { readProjectId } from '../../protocol/viewer';
import { changeRows } from '../access/acting';
import { readInput } from '../inputs';
import { checkedProject, type NewProject } from './new-project';

/** How a project is created. */
export interface CreateOptions {
  /** The same id of the same owner twice is one project: the second call returns the project of the first. */
  readonly requestId?: string;
  /** Is called if the project was there already, from an earlier call with this `requestId`. */
  readonly onRepeated?: () => void;
}

/**
 * Stores a new project. With a `requestId`, the project id is made from the `requestId`, the owner and the content. A
 * repeated request then finds the project at any later time, without a table of requests. Throws `Project.Invalid`, and
 * `Request.Repeated` if the same request had other content.
 */
export async function createProject(
  dataSource: DataSource,
  input: NewProject,
  options: CreateOptions,
): Promise<ProjectId> {
  const row = checkedProject(input);
  const { requestId, onRepeated } = readInput('the creation', options);
  const about = (project: ProjectId) => ({ project });
  if (requestId === undefined) {
    return changeRows(dataSource, async (manager) => (await manager.save(Project, row)).id, about);
  }
  const request = hash(JSON.stringify([row.owner, requestId])).slice(0, 20);
  const id = readProjectId(uuidOf(request + hash(JSON.stringify(row)).slice(0, 12)));
  const store = async (manager: EntityManager) => {
    // Two calls with one request must not both find it new.
    await manager.query(`SELECT pg_advisory_xact_lock(hashtextextended('create:' || $1, 0))`, [request]);
    const [known] = await manager.query<{ id: string }[]>('SELECT id FROM projects WHERE id BETWEEN $1 AND $2', [
      uuidOf(request + '0'.repeat(12)),
      uuidOf(request + 'f'.repeat(12)),
    ]);
    if (known && known.id !== id) {
      throw new StoryreelError('Request.Repeated', 'This request id was used before, for another project.');
    }
    if (!known) await manager.insert(Project, { id, ...row });
    return known !== undefined;
  };
  const isRepeated = await changeRows(dataSource, store, () => about(id));
  if (isRepeated) onRepeated?.();
  return id;
}

/** Makes a UUID of 32 hexadecimal digits: it keeps 122 of their bits, in their order. */
function uuidOf(hex: string): string {
  const parts = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ];
  return parts.join('-');
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
