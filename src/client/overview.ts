import type { DataSource } from 'typeorm';
import {
  estimateFilm,
  listProviders,
  type EstimateInput,
  type FilmEstimate,
  type PlanSource,
  type ProviderView,
} from '../planning';
import type { ProjectId } from '../protocol';
import { listBatches, type BatchFilter, type BatchPage } from './batch/list-batches';
import { outcomePage, type OutcomeFilter, type OutcomePage } from './outcomes';
import { read } from './projects/inputs';
import { paidCalls, type PaidCall } from './projects/paid-calls';
import { reviewQueue, type ReviewFilter, type ReviewPage } from './projects/review-queue';

/** Lists and figures over all projects, and the paid calls of one. */
export class Overview {
  /** @internal */
  constructor(
    private readonly source: PlanSource & { readonly dataSource: DataSource },
    /** Whatever goes wrong leaves as a `StoryreelError`. */
    private readonly run: <T>(work: () => Promise<T>) => Promise<T>,
  ) {}

  /** Open gates, and lanes that need attention, the oldest first; see `reviewQueue`. */
  review(filter: ReviewFilter = {}): Promise<ReviewPage> {
    return this.run(() => reviewQueue(this.source.dataSource, filter));
  }

  /** Batches, the newest first; see `listBatches`. */
  batches(filter: BatchFilter = {}): Promise<BatchPage> {
    return this.run(() => listBatches(this.source.dataSource, filter));
  }

  /** How runs have ended, a page at a time; see `outcomePage`. */
  outcomes(filter: OutcomeFilter = {}): Promise<OutcomePage> {
    return this.run(() => outcomePage(this.source.dataSource, filter));
  }

  /** The cost of a film that does not exist yet; see `estimate`. Throws `Project.Invalid` and `Stage.Unknown`. */
  estimate(input: EstimateInput = {}): Promise<FilmEstimate> {
    return this.run(() => {
      const { settings: { scenes } = {}, ...given } = read('the estimate', input);
      return estimateFilm(this.source, { ...given, ...(scenes !== undefined && { settings: { scenes } }) });
    });
  }

  /** Every paid call of a project, in the order in which they began. Empty if there is no such project. */
  calls(projectId: ProjectId): Promise<PaidCall[]> {
    return this.run(() => paidCalls(this.source.dataSource, read('the project id', projectId)));
  }

  /** Models that can be asked, without their keys; see `listProviders`. */
  providers(): Promise<ProviderView[]> {
    return this.run(() => listProviders(this.source));
  }
}
