import type { DataSource } from 'typeorm';
import { Project } from '../../entities';
import { parseProjectId, type BatchId, type ProjectId, type ProjectStatus } from '../../protocol';
import { readInput } from '../inputs';
import { pageCursor, readMicros } from './page-cursor';
import { DIGEST, digestOf, type DigestRow, type ProjectDigest } from './project-digest';

/** A project in a list. */
export interface ProjectSummary {
  readonly projectId: ProjectId;
  readonly name: string;
  readonly topic: string;
  readonly status: ProjectStatus;
  readonly createdAt: Date;
  readonly owner?: string;
  readonly batchId?: BatchId;
  readonly summary: ProjectDigest;
}

/** Which projects are listed. */
export interface ListFilter {
  readonly status?: ProjectStatus;
  /** The most projects of one page, from 1 to 1,000. Default 20. */
  readonly limit?: number;
  readonly owner?: string;
  readonly batch?: string;
  /** A part of the name or the topic, in any case. */
  readonly text?: string;
  /** `next` of the page before. */
  readonly after?: string;
}

/** One page of the list of projects. */
export interface ProjectPage {
  /** Newest first. */
  readonly projects: readonly ProjectSummary[];
  /** The position of the next page; absent on the last page. */
  readonly next?: string;
}

/** The microsecond of `created_at` orders the list, and the id what was created in the same one. */
const PLACE = pageCursor('the list', readMicros, parseProjectId);
const MICROSECONDS = `(extract(epoch FROM p.created_at) * 1000000)::bigint`;

/** Projects that the filter lets through, a page at a time. Throws `Project.Invalid`. */
export async function listProjects(dataSource: DataSource, filter: ListFilter): Promise<ProjectPage> {
  const { status, owner, batch, text, after, limit = 20 } = readInput('the list', filter);
  const found = dataSource
    .getRepository(Project)
    .createQueryBuilder('p')
    .addSelect(MICROSECONDS, 'place')
    .addSelect(DIGEST, 'digest');
  if (status !== undefined) found.andWhere('p.status = :status', { status });
  if (owner !== undefined) found.andWhere('p.owner = :owner', { owner });
  if (batch !== undefined) found.andWhere('p.batch_id = :batch', { batch });
  if (text !== undefined) {
    found.andWhere('strpos(lower(p.name || chr(10) || p.topic), lower(:text)) > 0', { text });
  }
  const [place, id] = PLACE.read(after) ?? [];
  if (place !== undefined) found.andWhere(`(${MICROSECONDS}, p.id) < (:place, :id)`, { place, id });
  found.orderBy('p.created_at', 'DESC').addOrderBy('p.id', 'DESC');
  const { entities, raw } = await found.limit(limit + 1).getRawAndEntities<{ place: string; digest: DigestRow }>();
  const rows = entities.flatMap((project, i) => {
    const row = raw[i];
    return row ? [{ ...row, project }] : [];
  });
  const { rows: projects, ...next } = PLACE.page(rows, limit, (row) => [row.place, row.project.id]);
  return { projects: projects.map(({ project, digest }) => summaryOf(project, digest)), ...next };
}

function summaryOf(project: Project, digest: DigestRow): ProjectSummary {
  const { id, name, topic, status, createdAt, owner, batchId, budget } = project;
  return {
    projectId: id,
    name,
    topic,
    status,
    createdAt,
    ...(owner !== null && { owner }),
    ...(batchId !== null && { batchId }),
    summary: digestOf(digest, budget),
  };
}
