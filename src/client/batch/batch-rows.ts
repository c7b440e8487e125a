import { IsNull, Not, type DataSource, type EntityManager } from 'typeorm';
import { lockProjects, Project } from '../../entities';
import {
  MAX_IN_BATCH,
  projectNotFound,
  StoryreelError,
  type BatchId,
  type EventError,
  type ProjectId,
  type ProjectStatus,
  type StageName,
} from '../../protocol';
import { readProjectId } from '../../protocol/viewer';
import { BY_HAND } from '../edit/hand-written';
import type { Checked } from '../inputs';
import { rowOf } from '../projects/new-project';

/** A project of a batch, and how far it is. */
export interface BatchedProject {
  readonly projectId: ProjectId;
  readonly name: string;
  readonly status: ProjectStatus;
  readonly owner?: string;
  /** Why its last run failed or waits for a person. */
  readonly error?: EventError;
}

type Row = Pick<Project, 'id' | 'name' | 'status' | 'owner' | 'error'>;

const ROWS_AT_ONCE = 500;

/**
 * A row `p` of projects that has no run and has not completed, or that lacks a stage of $3. With $2, every completed
 * row.
 */
const TO_RUN = `(
  p.status IN ('draft', 'queued', 'failed', 'cancelled') OR (p.status = 'completed' AND ($2 OR EXISTS (
    SELECT 1 FROM unnest($3::text[]) AS asked (stage) LEFT JOIN lanes AS l
      ON l.project_id = p.id AND l.stage = asked.stage
    WHERE l.settled_fence IS NULL AND l.status IS DISTINCT FROM 'skipped'))))`;

export async function batchedProjects(manager: EntityManager, batchId: BatchId): Promise<BatchedProject[]> {
  const rows: Row[] = await manager.find(Project, {
    select: { id: true, name: true, status: true, owner: true, error: true },
    where: { batchId, batchPosition: Not(IsNull()) },
    order: { batchPosition: 'ASC' },
  });
  return rows.map(({ id, name, status, owner, error }) => ({
    projectId: id,
    name,
    status,
    ...(owner !== null && { owner }),
    ...(error && { error }),
  }));
}

export interface UpsertedProjects {
  /** The project of each input, in the order of the inputs. */
  readonly given: readonly ProjectId[];
  readonly projects: readonly BatchedProject[];
}

/**
 * Puts projects into a batch, behind those that are in it, and queues each project that has no run and has not
 * completed. Of the completed projects, it queues those that lack a stage of `again`; or all. It does everything or
 * nothing, so it may be repeated: a topic that the batch has already is the same project. Throws `Project.Invalid` and
 * `Project.NotFound`.
 */
export async function upsertBatchProjects(
  dataSource: DataSource,
  batchId: BatchId,
  inputs: readonly (Checked<'the project'> | ProjectId)[],
  again: readonly StageName[] | 'all',
): Promise<UpsertedProjects> {
  return dataSource.transaction(async (manager) => {
    // Two calls for one batch must not both find a topic missing.
    await manager.query(`SELECT pg_advisory_xact_lock(hashtextextended('batch:' || $1, 0))`, [batchId]);
    const known = inputs.filter((input) => typeof input === 'string');
    await lockProjects(manager, batchId, known);
    const given = await addMissing(manager, batchId, inputs);
    // Queued projects are updated, too, so that the reconciler does not take them for remains of an ended batch.
    await manager.query(
      `UPDATE projects AS p SET status = 'queued', error = NULL, updated_at = now()
       WHERE batch_id = $1 AND ${TO_RUN}`,
      [batchId, again === 'all', again === 'all' ? [] : again],
    );
    const projects = await batchedProjects(manager, batchId);
    if (projects.length > MAX_IN_BATCH) {
      throw new StoryreelError(
        'Project.Invalid',
        `The batch would have ${projects.length} projects; at most ${MAX_IN_BATCH} are allowed. Split it.`,
      );
    }
    return { given, projects };
  });
}

/**
 * The projects of the batch, and of others that it would take over, that would run and that contain a person's texts.
 */
export async function handWrittenAmong(
  manager: EntityManager,
  batchId: BatchId,
  named: readonly ProjectId[],
  again: readonly StageName[] | 'all',
): Promise<ProjectId[]> {
  const rows = await manager.query<{ id: ProjectId }[]>(
    `SELECT p.id FROM projects AS p WHERE (p.batch_id = $1 OR p.id = ANY ($4::uuid[])) AND ${TO_RUN}
       AND EXISTS (SELECT 1 FROM lanes AS l WHERE l.project_id = p.id AND ${BY_HAND}) ORDER BY p.batch_position, p.id`,
    [batchId, again === 'all', again === 'all' ? [] : again, named],
  );
  return rows.map(({ id }) => id);
}

async function addMissing(
  manager: EntityManager,
  batchId: BatchId,
  inputs: readonly (Checked<'the project'> | ProjectId)[],
): Promise<ProjectId[]> {
  const there = await manager.find(Project, {
    select: { id: true, topic: true, batchPosition: true },
    where: { batchId },
    order: { batchPosition: 'ASC' },
  });
  const ids = new Set(there.map(({ id }) => id));
  const byTopic = new Map<string, ProjectId[]>();
  for (const { id, topic } of there) byTopic.set(topic, [...(byTopic.get(topic) ?? []), id]);
  let position = Math.max(0, ...there.map(({ batchPosition }) => batchPosition ?? 0));
  const given: (ProjectId | undefined)[] = [];
  const missing: {
    at: number;
    row: ReturnType<typeof rowOf> & { batchId: BatchId; batchPosition: number };
  }[] = [];
  for (const [at, input] of inputs.entries()) {
    if (typeof input === 'string') {
      given[at] = input;
      if (!ids.has(input)) await takeIn(manager, batchId, input, (position += 1));
      ids.add(input);
    } else {
      const row = rowOf(input);
      given[at] = byTopic.get(row.topic)?.shift();
      if (!given[at]) missing.push({ at, row: { ...row, batchId, batchPosition: (position += 1) } });
    }
  }
  for (let i = 0; i < missing.length; i += ROWS_AT_ONCE) {
    const chunk = missing.slice(i, i + ROWS_AT_ONCE);
    const { identifiers } = await manager.insert(
      Project,
      chunk.map(({ row }) => row),
    );
    for (const [j, { at }] of chunk.entries()) given[at] = readProjectId(identifiers[j]?.['id']);
  }
  return given.filter((id) => id !== undefined);
}

async function takeIn(manager: EntityManager, batchId: BatchId, id: ProjectId, batchPosition: number): Promise<void> {
  const { affected } = await manager.update(Project, { id }, { batchId, batchPosition });
  if (affected !== 1) throw projectNotFound(id);
}
