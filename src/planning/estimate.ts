import { missingPrices, type ModelUsage, type ProviderPrices } from '../entities';
import { defined, type StageName, type StagePlan } from '../protocol';
import { BUILT_IN, settingsOf, type StageRegistry } from '../stages';
import { knownStages } from './known-stages';
import { chooseModel, type ModelChoice, type ModelKind, type PlanSource } from './model-choice';
import { checkNamed } from './plan-run';
import { settingsForNewRun, withSettings, workersSettings } from './run-settings';

export interface Range {
  readonly least: number;
  readonly most: number;
}

export interface StageEstimate {
  readonly stage: StageName;
  readonly provider: string;
  readonly model: string;
  /** The most calls: some may turn out not to be needed. */
  readonly calls: number;
  readonly unit: ModelUsage['unit'];
  /** The amount of all calls; for texts, the tokens of the answers. */
  readonly amount: Range;
  /** The cost in the currency of the prices; null if a price that the calls need is not known. */
  readonly cost: Range | null;
}

/** The range of a film's cost. */
export interface FilmEstimate {
  readonly scenes: number;
  readonly stages: readonly StageEstimate[];
  /** Null if the cost of a stage is not known. */
  readonly cost: Range | null;
}

interface EstimatedFilm {
  readonly scenes?: number;
  /** Default: all. */
  readonly stages?: readonly StageName[];
  /** The scenes that are made; default: all. */
  readonly only?: readonly number[];
}

type Model = Pick<ModelChoice, 'name' | 'model' | 'prices' | 'reasoningTokens' | 'limits'>;
type Models = Readonly<Record<ModelKind, Model>>;

/** Tokens of a prompt, with the story if it contains one. */
const PROMPT: Range = { least: 100, most: 3_000 };
/** The least part of an answer's limit that an answer takes. */
const SHORTEST = 0.1;
/** Tokens of an answer whose stage only the workers know. */
const UNKNOWN_ANSWER = 1_000;
/** Seconds of a scene, as a storyboard is asked for them. */
const SCENE: Range = { least: 2, most: 6 };

interface Known {
  readonly registry: StageRegistry;
  readonly plan: readonly StagePlan[];
}

const OURS: Known = { registry: BUILT_IN, plan: BUILT_IN.plan };

/** A call that a stage needs. */
export interface PlannedCall {
  /** False if it depends on earlier results. The least cost is without it. */
  readonly isSure: boolean;
  /** The length of its scene, if that is known. */
  readonly seconds?: number;
}

interface Film {
  readonly scenes: number;
  readonly models: Models;
}

/** The cost of a film without earlier results, and without repetitions. `made`: how many of its scenes are made. */
export function estimate(
  film: Film,
  { stages, made = film.scenes }: { readonly stages?: readonly StageName[]; readonly made?: number } = {},
  known: Known = OURS,
): FilmEstimate {
  const calls = new Map(
    known.plan
      .filter(({ name }) => !stages || stages.includes(name))
      .map(({ name, scope }) => [
        name,
        Array.from({ length: scope === 'project' ? 1 : made }, () => ({ isSure: true })),
      ]),
  );
  return estimateCalls(film, calls, known);
}

/** The same for a run that makes only a part of the film. */
export function estimateCalls(
  film: Film,
  calls: ReadonlyMap<StageName, readonly PlannedCall[]>,
  { registry, plan }: Known = OURS,
): FilmEstimate {
  const stages = plan.flatMap(({ name, kind }) => {
    const needed = calls.get(name) ?? [];
    if (kind === 'film' || needed.length === 0) return [];
    return [estimateStage({ name, kind }, needed, film, registry)];
  });
  const costs = stages.flatMap(({ cost }) => cost ?? []);
  const sum = (end: keyof Range) => costs.reduce((total, cost) => total + cost[end], 0);
  return {
    scenes: film.scenes,
    stages,
    cost: costs.length < stages.length ? null : { least: sum('least'), most: sum('most') },
  };
}

/** The same with the models that a new run would have. */
export async function estimateFilm(
  source: PlanSource,
  { stages, only, ...settings }: EstimatedFilm,
): Promise<FilmEstimate> {
  const { manager } = source.dataSource;
  const plan = await knownStages(source);
  checkNamed(plan, defined({ stages, scenes: only }));
  const own = await settingsForNewRun(manager, source, await workersSettings(source));
  const models = await chosenModels(withSettings(source, own));
  const known = { registry: source.stages ?? BUILT_IN, plan };
  const { scenes } = settingsOf({ settings });
  const made = only ? new Set(only.filter((number) => number <= scenes)).size : scenes;
  return estimate({ scenes, models }, defined({ stages, made }), known);
}

export async function chosenModels(source: PlanSource): Promise<Models> {
  const chosen = (kind: ModelKind) => chooseModel(source, kind);
  return { text: await chosen('text'), image: await chosen('image'), video: await chosen('video') };
}

function estimateStage(
  { name, kind }: { readonly name: StageName; readonly kind: ModelKind },
  calls: readonly PlannedCall[],
  { scenes, models }: Film,
  registry: StageRegistry,
): StageEstimate {
  const { name: provider, model, prices, reasoningTokens, limits } = models[kind];
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
  switch (kind) {
    case 'text': {
      const limit = registry.knows(name) ? registry.ofKind('text', name).maxTokens({ scenes }) : UNKNOWN_ANSWER;
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
