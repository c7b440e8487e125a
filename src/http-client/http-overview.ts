import type {
  BatchFilter,
  BatchPage,
  EstimateInput,
  FilmEstimate,
  OutcomeFilter,
  OutcomePage,
  PaidCall,
  ProviderView,
  ReviewFilter,
  ReviewPage,
} from '../client';
import * as answers from './answers';
import type { Connection } from './connection';
import { projectPath } from './paths';

/** Questions over all projects, and the paid calls of one, under the names of `StoryClient.overview`. */
export class HttpOverview {
  constructor(
    private readonly connection: Connection,
    /** Whatever goes wrong leaves as a `StoryreelError`. */
    private readonly run: <T>(work: () => Promise<T>) => Promise<T>,
  ) {}

  /** Open gates, and lanes that need attention, the oldest first. */
  review(filter: ReviewFilter = {}): Promise<ReviewPage> {
    return this.run(() => this.connection.json('GET', '/v1/review', answers.reviewPage, { query: { ...filter } }));
  }

  /** Names begin as the credential's own do; only `StoryClient` has `prefix`. */
  batches(filter: BatchFilter = {}): Promise<BatchPage> {
    return this.run(() => {
      const { prefix: _, ...query } = filter;
      return this.connection.json('GET', '/v1/batches', answers.batchPage, { query });
    });
  }

  /** The cost of a film that does not exist yet. */
  estimate(input: EstimateInput = {}): Promise<FilmEstimate> {
    return this.run(() => this.connection.json('POST', '/v1/estimates', answers.estimate, { body: input }));
  }

  /** Every paid call of a project, in the order in which they began. */
  calls(projectId: string): Promise<PaidCall[]> {
    return this.run(async () => {
      const { calls } = await this.connection.json('GET', projectPath(projectId, 'calls'), answers.calls);
      return [...calls];
    });
  }

  /** Models that can be asked, without their keys. */
  providers(): Promise<ProviderView[]> {
    return this.run(async () => [...(await this.connection.json('GET', '/v1/providers', answers.providers)).providers]);
  }

  /** How runs have ended, a page at a time. */
  outcomes(filter: OutcomeFilter = {}): Promise<OutcomePage> {
    return this.run(() => this.connection.json('GET', '/v1/outcomes', answers.outcomePage, { query: { ...filter } }));
  }
}
