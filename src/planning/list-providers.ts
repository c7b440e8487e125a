import { ModelProvider, type ProviderPrices } from '../entities';
import { hostOf } from '../trust';
import { fromEnvironment, fromRow, type ModelChoice, type ModelKind, type PlanSource } from './model-choice';
import { workersSettings } from './run-settings';

/** A model that can be asked, as this process sees it, and never its key. */
export interface ProviderView {
  readonly kind: ModelKind;
  /** The name of its row in `model_providers`, or `environment`. */
  readonly name: string;
  readonly model: string;
  /** Absent if no address is set. */
  readonly host?: string;
  /** `missing`: its row names a variable or file that this process cannot read. */
  readonly key: 'set' | 'missing' | 'none';
  readonly enabled: boolean;
  /** Whether a new run asks it. */
  readonly chosen: boolean;
  /** Null if they are not known. */
  readonly prices: ProviderPrices | null;
  readonly can: {
    readonly jsonSchema: boolean;
    readonly continuation: ModelProvider['continuation'];
    readonly idempotencyKey: boolean;
    readonly sizes?: readonly string[];
    readonly seconds?: readonly number[];
  };
}

const KINDS: readonly ModelKind[] = ['text', 'image', 'video'];

/**
 * For each kind: the rows, in the order of choice, and the environment's provider, which is used if no row is enabled.
 */
export async function listProviders(source: PlanSource): Promise<ProviderView[]> {
  const { manager } = source.dataSource;
  const { models } = await workersSettings(source);
  const rows = await manager.find(ModelProvider, {
    order: { enabled: 'DESC', priority: 'ASC', weight: 'DESC', name: 'ASC' },
  });
  return KINDS.flatMap((kind) => {
    const own = rows.filter((row) => row.kind === kind);
    const views = own.map((row, i) => {
      const choice = fromRow(row, source.config);
      const key = row.apiKeyFrom === null ? 'none' : choice.keyed() ? 'set' : 'missing';
      return viewOf(kind, choice, { key, enabled: row.enabled, chosen: i === 0 && row.enabled });
    });
    const choice = fromEnvironment(source.config, kind);
    const key = hasKey(source, kind) ? 'set' : 'none';
    const { model, jsonSchema, continuation } = models[kind];
    const environment = { ...choice, model, jsonSchema, continuation };
    return [...views, viewOf(kind, environment, { key, enabled: true, chosen: !own.some(({ enabled }) => enabled) })];
  });
}

function hasKey({ config }: PlanSource, kind: ModelKind): boolean {
  const keys = {
    text: config.OPENAI_API_KEY,
    image: config.STORYREEL_IMAGE_API_KEY,
    video: config.STORYREEL_VIDEO_API_KEY,
  };
  return keys[kind] !== undefined;
}

function viewOf(
  kind: ModelKind,
  { name, model, baseUrl, prices, jsonSchema, continuation, honoursKey, limits }: ModelChoice,
  state: Pick<ProviderView, 'key' | 'enabled' | 'chosen'>,
): ProviderView {
  const host = baseUrl === undefined ? undefined : hostOf(baseUrl);
  return {
    kind,
    name,
    model,
    ...(host && { host }),
    ...state,
    prices: Object.keys(prices).length > 0 ? prices : null,
    can: { jsonSchema, continuation, idempotencyKey: honoursKey, ...limits },
  };
}
