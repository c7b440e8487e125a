import { missingPrices, type ModelUsage, type ProviderPrices } from '../entities';
import { STAGES, type StageName } from '../protocol';
import { settingsOf, stageDefinition } from '../stages';
import { chooseModel, type ModelChoice, type ModelKind, type PlanSource } from './model-choice';
import { settingsForNewRun, withSettings, workersSettings } from './run-settings';

export interface Range {
  readonly least: number;
  readonly most: number;
}

export interface StageEstimate {
  readonly stage: StageName;
  readonly provider: string;
  readonly model: string;
  /** At most: some may turn out not to be needed. */
  readonly calls: number;
  readonly unit: ModelUsage['unit'];
  /** The amount of all calls; for texts, the tokens of the answers. */
  readonly amount: Range;
  /** In the currency of the prices; null if a price that the calls need is not known. */
  readonly cost: Range | null;
}

export interface FilmEstimate {
  readonly scenes: number;
  readonly stages: readonly StageEstimate[];
  /** Null if the cost of a stage is not known. */
  readonly cost: Range | null;
}

export interface EstimateInput {
  readonly settings?: { readonly scenes?: number };
  /** Default: all. */
  readonly stages?: readonly StageName[];
}

type Model = Pick<ModelChoice, 'name' | 'model' | 'prices' | 'reasoningTokens' | 'limits'>;
type Models = Readonly<Record<ModelKind, Model>>;

/** Tokens of a prompt, with the story if it contains one. */
const PROMPT: Range = { least: 100, most: 3_000 };
/** The least part of an answer's limit that an answer takes. */
const SHORTEST = 0.1;
/** Seconds of a scene, as a storyboard is asked for them. */
const SCENE: Range = { least: 2, most: 6 };

/** A call that a stage needs. */
export interface PlannedCall {
  /** False if it depends on what is made before; then the least cost is without it. */
  readonly isSure: boolean;
  /** The length of its scene, if that is known. */
  readonly seconds?: number;
}

/** The cost of a film without earlier results, and without repetitions. */
export function estimate(scenes: number, models: Models, wanted?: readonly StageName[]): FilmEstimate {
  const calls = new Map(
    STAGES.filter(({ name }) => !wanted || wanted.includes(name)).map(({ name, scope }) => [
      name,
      Array.from({ length: scope === 'project' ? 1 : scenes }, () => ({ isSure: true })),
    ]),
  );
  return estimateCalls(scenes, models, calls);
}

/** The same for a run that makes only some of the film. */
export function estimateCalls(
  scenes: number,
  models: Models,
  calls: ReadonlyMap<StageName, readonly PlannedCall[]>,
): FilmEstimate {
  const stages = STAGES.flatMap(({ name }) => estimateStage(name, calls.get(name) ?? [], scenes, models) ?? []);
  const costs = stages.flatMap(({ cost }) => cost ?? []);
  const sum = (end: keyof Range) => costs.reduce((total, cost) => total + cost[end], 0);
  return { scenes, stages, cost: costs.length < stages.length ? null : { least: sum('least'), most: sum('most') } };
}

/** The same with the models that a new run would have. */
export async function estimateFilm(source: PlanSource, { settings, stages }: EstimateInput): Promise<FilmEstimate> {
  const { manager } = source.dataSource;
  const own = await settingsForNewRun(manager, source.config, await workersSettings(source));
  return estimate(
    settingsOf({ settings: settings ?? {} }).scenes,
    await chosenModels(withSettings(source, own)),
    stages,
  );
}

export async function chosenModels(source: PlanSource): Promise<Models> {
  const chosen = (kind: ModelKind) => chooseModel(source, kind);
  return { text: await chosen('text'), image: await chosen('image'), video: await chosen('video') };
}

function estimateStage(
  name: StageName,
  calls: readonly PlannedCall[],
  scenes: number,
  models: Models,
): StageEstimate | undefined {
  const stage = stageDefinition(name);
  if (stage.kind === 'film' || calls.length === 0) return undefined;
  const { name: provider, model, prices, reasoningTokens, limits } = models[stage.kind];
  const all = (each: (call: PlannedCall, end: keyof Range) => number): Range => ({
    least: calls.filter(({ isSure }) => isSure).reduce((sum, call) => sum + each(call, 'least'), 0),
    most: calls.reduce((sum, call) => sum + each(call, 'most'), 0),
  });
  const of = (
    unit: ModelUsage['unit'],
    amount: Parameters<typeof all>[0],
    cost: Parameters<typeof all>[0],
  ): StageEstimate => {
    const isKnown = missingPrices(prices, unit).length === 0;
    return {
      stage: name,
      provider,
      model,
      calls: calls.length,
      unit,
      amount: all(amount),
      cost: isKnown ? all(cost) : null,
    };
  };
  const {
    inputPerMillion = 0,
    outputPerMillion = 0,
    perImage = 0,
    perSecond = 0,
    perVideo = 0,
  }: ProviderPrices = prices;
  switch (stage.kind) {
    case 'text': {
      const limit = stage.maxTokens({ scenes });
      const answer = { least: Math.ceil(limit * SHORTEST), most: limit + reasoningTokens };
      return of(
        'token',
        (_call, end) => answer[end],
        (_call, end) => (PROMPT[end] * inputPerMillion + answer[end] * outputPerMillion) / 1_000_000,
      );
    }
    case 'image':
      return of(
        'image',
        () => 1,
        () => perImage,
      );
    case 'video': {
      const clip = ({ seconds }: PlannedCall, end: keyof Range) => clipOf(seconds ?? SCENE[end], limits?.seconds);
      return of('second', clip, (call, end) => clip(call, end) * perSecond + perVideo);
    }
  }
}

/** The shortest clip that is long enough, or the longest that there is. */
function clipOf(seconds: number, lengths: readonly number[] = [seconds]): number {
  const enough = lengths.filter((length) => length >= seconds);
  return enough.length > 0 ? Math.min(...enough) : Math.max(...lengths);
}
