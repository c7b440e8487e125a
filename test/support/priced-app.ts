import type { DataSource } from 'typeorm';
import { ModelProvider, ModelUsage } from '../../src/entities';
import type { LogEvent, ProjectId, StoryEvent } from '../../src/protocol';
import { createOwnDatabase } from './own-database';
import { fromSetup, startApp, type TestApp } from './services';

export const PRICES = {
  text: { inputPerMillion: 1, outputPerMillion: 2 },
  image: { perImage: 0.04 },
  video: { perSecond: 0.1, perVideo: 0.05 },
} as const;

export interface PricedApp extends TestApp {
  readonly dataSource: DataSource;
  /** The paid calls of a lane, in the order of their attempts. */
  calls(projectId: ProjectId, lane: string): Promise<ModelUsage[]>;
}

/** A worker and a client on a database of their own, whose rows give the stand-in provider prices. */
export async function startPricedApp(overrides: Readonly<Record<string, string>> = {}): Promise<PricedApp> {
  const database = await createOwnDatabase();
  const { dataSource } = database;
  const common = {
    baseUrl: fromSetup('STORYREEL_TEST_STUDIO_URL'),
    model: 'm',
    apiKeyFrom: null,
    idempotencyKey: true,
  };
  await dataSource.getRepository(ModelProvider).insert([
    { ...common, name: 'writer', kind: 'text', prices: PRICES.text, continuation: 'prefill' },
    { ...common, name: 'painter', kind: 'image', prices: PRICES.image },
    { ...common, name: 'camera', kind: 'video', prices: PRICES.video },
  ]);
  const app = await startApp({ DATABASE_URL: database.url, ...overrides });
  return {
    ...app,
    dataSource,
    calls: (projectId, lane) =>
      dataSource.getRepository(ModelUsage).find({ where: { projectId, lane }, order: { fence: 'ASC' } }),
    close: async () => {
      await app.close();
      await database.drop();
    },
  };
}

export function usageEvents(events: readonly StoryEvent[], lane: string): (LogEvent & { type: 'usage' })[] {
  return events.flatMap((event) => (event.type === 'usage' && event.lane === lane ? [event] : []));
}
