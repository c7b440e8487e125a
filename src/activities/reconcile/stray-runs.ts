import { workflowIdOf, type ProjectId } from '../../protocol';
import type { ActivityDeps } from '../deps';

/** Projects that are looked for at the same time. */
const AT_ONCE = 500;
/** Named in the report. */
const MAX_NAMED = 100;

/**
 * The running workflows whose projects do not exist, for example because an older backup of the database was restored.
 * They are only reported, because a person may have more of the database; `cancel` ends them.
 */
export async function strayRuns(deps: ActivityDeps): Promise<string[]> {
  const strays: string[] = [];
  let asked: ProjectId[] = [];
  const look = async () => {
    for (const id of await missing(deps, asked)) if (await isStray(deps, id)) strays.push(workflowIdOf(id));
    asked = [];
  };
  try {
    for await (const id of deps.runs.openStories(deps.config.TEMPORAL_TASK_QUEUE)) {
      asked.push(id);
      if (asked.length === AT_ONCE) await look();
      if (strays.length >= MAX_NAMED) break;
    }
    await look();
  } catch (error) {
    deps.logger.warn({ err: (error as Error).message }, 'runs without a project could not be looked for');
  }
  return strays.slice(0, MAX_NAMED);
}

async function missing({ dataSource }: ActivityDeps, ids: readonly ProjectId[]): Promise<ProjectId[]> {
  if (ids.length === 0) return [];
  const rows = await dataSource.query<{ id: ProjectId }[]>(
    `SELECT id FROM unnest($1::uuid[]) AS asked (id) WHERE NOT EXISTS (SELECT 1 FROM projects AS p WHERE p.id = asked.id)`,
    [ids],
  );
  return rows.map(({ id }) => id);
}

/** Temporal's search is behind by a moment: a project may have been deleted since its run has ended. */
async function isStray({ runs }: ActivityDeps, id: ProjectId): Promise<boolean> {
  return (await runs.newestRun(id)).kind === 'open';
}
