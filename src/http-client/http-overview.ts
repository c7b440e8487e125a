import type {
  BatchFilter,
  BatchPage,
  EstimateInput,
  FilmEstimate,
  OutcomeFilter,
  OutcomePage,
  ProviderView,
  ReviewFilter,
  ReviewPage,
  StoryClient,
} from '../client';
import type { Connection } from './connection';

type OfClient = Pick<StoryClient['overview'], keyof StoryClient['overview']>;

/** What is not of one project, as `StoryClient.overview` has it. */
export class HttpOverview implements OfClient {
  constructor(private readonly connection: Connection) {}

  async review(filter: ReviewFilter = {}): Promise<ReviewPage> {
    const page = await this.connection.json<ReviewPage>('GET', '/v1/review', { query: { ...filter } });
    return { ...page, items: page.items.map((each) => ({ ...each, since: new Date(each.since) })) };
  }

  /** Names begin as the credential's own do; `prefix` is of the client alone. */
  async batches({ prefix: _, ...filter }: BatchFilter = {}): Promise<BatchPage> {
    const page = await this.connection.json<BatchPage>('GET', '/v1/batches', { query: { ...filter } });
    return { ...page, batches: page.batches.map((each) => ({ ...each, createdAt: new Date(each.createdAt) })) };
  }

  estimate(input: EstimateInput = {}): Promise<FilmEstimate> {
    return this.connection.json('POST', '/v1/estimates', { body: input });
  }

  async providers(): Promise<ProviderView[]> {
    return (await this.connection.json<{ providers: ProviderView[] }>('GET', '/v1/providers')).providers;
  }

  async outcomes(filter: OutcomeFilter = {}): Promise<OutcomePage> {
    const page = await this.connection.json<OutcomePage>('GET', '/v1/outcomes', { query: { ...filter } });
    return { ...page, outcomes: page.outcomes.map((each) => ({ ...each, endedAt: new Date(each.endedAt) })) };
  }
}
