import type { MediaReport } from '../../protocol';
import { mediaKey, type FoundMedia } from '../../storage';
import type { ActivityDeps } from '../deps';

const BATCH = 500;
const MAX_NAMED = 10;
const NO_ID = '00000000-0000-0000-0000-000000000000';

/** Every row that refers to a file by its hash. */
const REFERENCES = ['generated_images', 'generated_videos', 'films', 'stage_results'] as const;

interface Reference {
  readonly id: string;
  readonly sha256: string;
  readonly mediaType: string;
  readonly projectId: string;
}

/**
 * Removes the files that no row refers to, and the files of unfinished work that crashes have left. Counts the rows
 * that have no file. A file whose row is about to be committed is younger than the grace time, even if it existed
 * before. A writer that stores a file during its removal stores it again. `beat` is called after each part of the work.
 */
export async function reconcileMedia(
  deps: ActivityDeps,
  { graceSeconds }: { readonly graceSeconds: number },
  beat: (files: number) => void,
): Promise<MediaReport> {
  const { media, logger } = deps;
  const before = new Date(Date.now() - graceSeconds * 1_000);
  const report = { files: 0, removed: 0, removedBytes: 0 };
  const look = async (batch: readonly FoundMedia[]) => {
    report.files += batch.length;
    beat(report.files);
    for (const file of await withoutRow(deps, batch, before)) {
      if (!(await media.remove(file.key, before))) continue;
      report.removed += 1;
      report.removedBytes += file.bytes;
    }
  };
  let batch: FoundMedia[] = [];
  for await (const file of media.list()) {
    batch.push(file);
    if (batch.length < BATCH) continue;
    await look(batch);
    batch = [];
  }
  await look(batch);
  const removedDrafts = await media.removeWork(before);
  const missing = await rowsWithoutFile(deps, () => beat(report.files));
  if (report.removed + removedDrafts > 0) logger.info({ ...report, removedDrafts }, 'media without a row were removed');
  return { ...report, removedDrafts, missing };
}

async function withoutRow(
  { dataSource }: ActivityDeps,
  batch: readonly FoundMedia[],
  before: Date,
): Promise<FoundMedia[]> {
  const old = batch.filter(({ storedAt }) => storedAt < before);
  if (old.length === 0) return [];
  const referred = REFERENCES.map((table) => `SELECT sha256 FROM ${table} WHERE sha256 = ANY ($1::text[])`);
  const rows = await dataSource.query<{ sha256: string }[]>(referred.join(' UNION '), [
    old.map(({ sha256 }) => sha256),
  ]);
  const used = new Set(rows.map(({ sha256 }) => sha256));
  return old.filter(({ sha256 }) => !used.has(sha256));
}

/**
 * These rows cannot be repaired here: the folder may be on a disk that is not mounted, and new media would cost money.
 */
async function rowsWithoutFile({ dataSource, media, logger }: ActivityDeps, beat: () => void): Promise<number> {
  const lacking: Reference[] = [];
  for (const table of REFERENCES) {
    let rows: Reference[] = [];
    let last: Reference | undefined;
    do {
      rows = await dataSource.query<Reference[]>(
        `SELECT id, sha256, media_type AS "mediaType", project_id AS "projectId" FROM ${table}
         WHERE (sha256, id) > ($1, $2::uuid) AND media_type IS NOT NULL ORDER BY sha256, id LIMIT ${BATCH}`,
        [last?.sha256 ?? '', last?.id ?? NO_ID],
      );
      for (const row of rows) if (!(await media.has(mediaKey(row.sha256, row.mediaType)))) lacking.push(row);
      last = rows.at(-1);
      beat();
    } while (rows.length === BATCH);
  }
  if (lacking.length > 0) {
    const projects = [...new Set(lacking.map(({ projectId }) => projectId))].slice(0, MAX_NAMED);
    logger.warn({ missing: lacking.length, projects }, 'media rows have no file: check MEDIA_DIR, or make them again');
  }
  return lacking.length;
}
