import { randomUUID } from 'node:crypto';
import type { DataSource } from 'typeorm';
import {
  estimateFilm,
  knownStages,
  listProviders,
  planRun,
  type FilmEstimate,
  type PlanSource,
  type ProviderView,
} from '../planning';
import { listBatches, type BatchFilter, type BatchPage } from './batch/list-batches';
import { outcomePage, type OutcomeFilter, type OutcomePage } from './outcomes';
import { defined, type ProjectId, type StageName } from '../protocol';
import { readProjectId } from '../protocol/viewer';
import { readInput, type Checked } from './inputs';
import type { NewProject } from './projects/new-project';
import type { StartOptions } from './runs/start-run';
import { paidCalls, type PaidCall } from './projects/paid-calls';
import { reviewQueue, type ReviewFilter, type ReviewPage } from './projects/review-queue';

/**
 * A film that is not created yet, as for `create` and `start`. The number of scenes and the stages decide its cost; the
 * rest is checked and may be left out.
 */
export interface EstimateInput extends Partial<NewProject> {
  /** Default: those of `start`, or all. */
  readonly stages?: readonly StageName[];
  readonly start?: Omit<StartOptions, 'requestId' | 'onRepeated'>;
}

/** Lists and figures over all projects, and the paid calls of one. */
export class Overview {
  /** @internal */
  constructor(
    private readonly source: PlanSource & { readonly dataSource: DataSource },
    /** Whatever goes wrong leaves as a `StoryreelError`. */
    private readonly run: <T>(work: () => Promise<T>) => Promise<T>,
  ) {}

  /** Open gates, and lanes that need attention, of all projects; the oldest first. Throws `Project.Invalid`. */
  review(filter: ReviewFilter = {}): Promise<ReviewPage> {
    return this.run(() => reviewQueue(this.source.dataSource, filter));
  }

  /** Batches, the newest first, a page at a time. Throws `Project.Invalid`. */
  batches(filter: BatchFilter = {}): Promise<BatchPage> {
    return this.run(() => listBatches(this.source.dataSource, filter));
  }

  /**
   * How runs have ended, a page at a time. Throws `Project.Invalid`, and `Outcomes.Expired` if ends after the cursor are
   * not kept any more.
   */
  outcomes(filter: OutcomeFilter = {}): Promise<OutcomePage> {
    return this.run(() => outcomePage(this.source.dataSource, filter));
  }

  /**
   * The range of the cost of a film that does not exist yet. Throws `Project.Invalid` and `Stage.Unknown`, also if a new
   * project cannot be started as `start` states.
   */
  estimate(input: EstimateInput = {}): Promise<FilmEstimate> {
    return this.run(async () => {
      const { settings: { scenes } = {}, start, stages = start?.stages } = readInput('the estimate', input);
      if (start) await mustBeStartable(this.source, start);
      return estimateFilm(this.source, defined({ scenes, stages, only: start?.scenes }));
    });
  }

  /** Every paid call of a project, in the order in which they began. Empty if there is no such project. */
  calls(projectId: ProjectId): Promise<PaidCall[]> {
    return this.run(() => paidCalls(this.source.dataSource, readInput('the project id', projectId)));
  }

  /** The models that can be asked, for each kind in the order of choice, without their keys. */
  providers(): Promise<ProviderView[]> {
    return this.run(() => listProviders(this.source));
  }
}

/** Plans the run of a project that has no rows. */
async function mustBeStartable(
  source: PlanSource & { readonly dataSource: DataSource },
  { stages, scenes, gates }: NonNullable<Checked<'the estimate'>['start']>,
): Promise<void> {
  const projectId = readProjectId(randomUUID());
  await planRun(source.dataSource.manager, await knownStages(source), defined({ projectId, stages, scenes, gates }));
}
