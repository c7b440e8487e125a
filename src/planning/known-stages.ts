import { stored, WorkerSettings, type Served } from '../entities';
import { joinPlans, LANE_KINDS, type StageName, type StagePlan, type StageRole } from '../protocol';
import { fields, list, oneOf, text, type Reader } from '../protocol/viewer';
import { BUILT_IN } from '../stages';
import type { PlanSource } from './model-choice';

/**
 * Every stage that a run can have: those of this process, then those that the worker has which started last on the task
 * queue. The plan is data, so a process that does not know what a stage does can still plan, show and check it.
 */
export async function knownStages(source: PlanSource): Promise<readonly StagePlan[]> {
  const { plan } = source.stages ?? BUILT_IN;
  return joinPlans(plan, (await servedByWorkers(source))?.stages ?? []);
}

const name = text as Reader<StageName>;
const plan: Reader<StagePlan> = fields(
  { name, kind: oneOf(LANE_KINDS), scope: oneOf(['project', 'scene']), needs: list(name) },
  { without: list(name), role: text as Reader<StageRole> },
);
const served: Reader<Served> = fields({ stages: list(plan), adapters: list(text) });

/** Undefined if no worker has announced it yet. */
export async function servedByWorkers({ dataSource, config }: PlanSource): Promise<Served | undefined> {
  const taskQueue = config.TEMPORAL_TASK_QUEUE;
  const row = await dataSource.manager.getRepository(WorkerSettings).findOneBy({ taskQueue });
  return row?.serves ? stored(served, row.serves, 'worker_settings.serves') : undefined;
}
