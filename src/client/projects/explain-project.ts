import { Lane, Project, Scene, type RunSettings } from '../../entities';
import {
  BUILT_IN,
  chosenModels,
  estimateCalls,
  expectedScenes,
  knownStages,
  planLane,
  planRun,
  settingsForNewRun,
  storedResult,
  withProject,
  workersSettings,
  type FilmEstimate,
  type LaneInputs,
  type PlannedCall,
  type PlannedRun,
  type PlanSource,
} from '../../planning';
import { lookAsEdited, type EditSource, type ProjectChanges } from '../edit';
import { handWrittenLanes } from '../batch/hand-written';
import {
  laneId,
  laneOfRole,
  laneParts,
  projectNotFound,
  StoryreelError,
  type LaneId,
  type ProjectId,
  type StageName,
  type StagePlan,
} from '../../protocol';

/** The run that is to be explained. */
export interface ExplainOptions {
  /** As in `StartOptions`. */
  readonly force?: boolean;
  readonly stages?: readonly string[];
  readonly scenes?: readonly number[];
  readonly keepSettings?: boolean;
}

/** The same for edits that are not stored. */
export interface ExplainEditOptions extends ExplainOptions {
  /** As for `edit`. */
  readonly changes?: ProjectChanges;
}

/** `unknown`: only the workers know what the stage is made from. */
export type MakeReason = 'new' | 'changed' | 'depends' | 'forced' | 'reused' | 'unknown';

/** Whether a lane would be made, and why. */
export interface LaneExplanation {
  readonly lane: LaneId;
  readonly reason: MakeReason;
  /** The inputs that differ from those of the stored result; empty if they were not stored. */
  readonly changed?: readonly string[];
  /** Lanes that are made before: if their results come out the same, this one is used again after all. */
  readonly on?: readonly LaneId[];
  /** A person has written the result, or an unfinished text that an attempt would continue. */
  readonly edited?: true;
  /**
   * A run would replace a person's text, or may do so because of other lanes. `start` refuses this without
   * `replaceEdits`.
   */
  readonly replaces?: true;
}

/** What a run would make. */
export interface ProjectExplanation {
  readonly projectId: ProjectId;
  readonly version: number;
  readonly lanes: readonly LaneExplanation[];
  /** What all of it costs, without what is repeated. The least is without lanes that only depend on others. */
  readonly estimate: FilmEstimate;
  /** Present if a new run would have other settings than the last run. */
  readonly settings?: ChangedSettings;
}

export interface ChangedSettings {
  readonly changed: readonly ChangedSetting[];
  /** Lanes that would be made again for no other reason: a run with `keepSettings` uses them again. */
  readonly lanes: readonly LaneId[];
}

export interface ChangedSetting {
  readonly name: string;
  readonly before: string;
  readonly now: string;
}

/** What a run is about to do, with every stage that is known. */
type Planned = PlannedRun & { readonly known: readonly StagePlan[] };

/** Scenes that are planned at the same time; each takes a connection of the pool. A transaction has only one. */
const AT_ONCE = 8;

/**
 * What a run would produce, and why, by the same plans and hashes as the run itself. It starts, stores and pays
 * nothing. A new run has the settings that the workers have stored, not the settings of this process. With
 * `keepSettings` it has the settings of the last run.
 */
export async function explainProject(
  source: PlanSource,
  projectId: ProjectId,
  options: ExplainOptions = {},
): Promise<ProjectExplanation> {
  const { manager } = source.dataSource;
  const project = await manager.findOneBy(Project, { id: projectId });
  if (!project) throw projectNotFound(projectId);
  const known = await knownStages(source);
  const planned = await planRun(manager, known, { projectId, ...options });
  const rows = new Map((await manager.findBy(Lane, { projectId })).map((row) => [row.lane, row]));
  const scenes = await manager.find(Scene, { where: { projectId }, order: { sequenceNumber: 'ASC' } });
  const explainerOf = (settings: RunSettings) =>
    new Explainer(
      withProject(source, project, settings),
      project,
      rows,
      scenes,
      { ...planned, known },
      options.force === true,
    );
  const last = project.runSettings;
  const next = await settingsForNewRun(manager, source, await workersSettings(source));
  const explainer = explainerOf(options.keepSettings && last ? last : next);
  const lanes = await explainer.all();
  const explanation = { projectId, version: project.version, lanes, estimate: await explainer.estimate() };
  const changed = last && !options.keepSettings ? changedSettings(last, next) : [];
  if (!last || changed.length === 0) return explanation;
  const before = await explainerOf(last).all();
  const kept = new Set(before.filter(({ reason }) => reason === 'reused').map(({ lane }) => lane));
  const again = lanes.filter(({ lane, reason }) => reason !== 'reused' && kept.has(lane)).map(({ lane }) => lane);
  return { ...explanation, settings: { changed, lanes: again } };
}

/** The changed settings that are part of a result's inputs. */
function changedSettings(before: RunSettings, now: RunSettings): ChangedSetting[] {
  const kinds = ['text', 'image', 'video'] as const;
  const named = ({ models, frameSize }: RunSettings) => [
    ...kinds.map((kind) => [`${kind} model`, models[kind].model] as const),
    ['frame size', frameSize] as const,
  ];
  const after = new Map(named(now));
  return named(before).flatMap(([name, value]) => {
    const to = after.get(name) ?? value;
    return to === value ? [] : [{ name, before: value, now: to }];
  });
}

/** The same as if `changes` were stored: the edit is made in a transaction that is undone. */
export async function explainEdited(
  source: EditSource,
  isLive: () => Promise<boolean>,
  projectId: ProjectId,
  { changes, ...options }: { readonly changes?: unknown } & ExplainOptions,
): Promise<ProjectExplanation> {
  if (changes === undefined) return explainProject(source, projectId, options);
  return lookAsEdited(source, isLive, projectId, changes as ProjectChanges, async (manager, version) => ({
    ...(await explainProject({ dataSource: { manager }, config: source.config }, projectId, options)),
    version,
  }));
}

/** The range of the cost in words; nothing where a price is not known, or where nothing costs anything. */
export function estimateText(
  { estimate: { cost, stages } }: ProjectExplanation,
  money: (amount: number) => string,
): string[] {
  if (!cost || stages.length === 0) return [];
  return [`A run would cost ${money(cost.least)} to ${money(cost.most)}, without what is repeated.`];
}

/**
 * The settings that have changed since the last run, in words, and how to keep the results; empty if none has changed.
 */
export function settingsText({ projectId, settings }: ProjectExplanation): string[] {
  if (!settings) return [];
  const changes = settings.changed.map(({ name, before, now }) => `${name} ${before} -> ${now}`).join(', ');
  const { length } = settings.lanes;
  const kept = `"storyreel run ${projectId} --keep-settings" uses them again.`;
  return [
    `Settings have changed since the last run: ${changes}.`,
    ...(length > 0
      ? [`For this alone ${length} ${length === 1 ? 'is' : 'are'} made again or looked at again; ${kept}`]
      : []),
  ];
}

class Explainer {
  private readonly found = new Map<LaneId, LaneExplanation>();
  private numbers: readonly number[];
  private byHand: ReadonlySet<LaneId> = new Set();

  constructor(
    private readonly source: PlanSource,
    private readonly project: Project,
    private readonly rows: ReadonlyMap<string, Lane>,
    private readonly scenes: readonly Scene[],
    private readonly planned: Planned,
    private readonly force: boolean,
  ) {
    this.numbers = scenes.map(({ sequenceNumber }) => sequenceNumber);
  }

  async all(): Promise<LaneExplanation[]> {
    this.byHand = await handWrittenLanes(this.source.dataSource.manager, this.project.id as ProjectId);
    for (const stage of this.planned.plan) {
      for (const explanation of await this.lanesOf(stage)) this.found.set(explanation.lane, explanation);
      // A new storyboard has as many scenes as it is asked for.
      if (stage.role === 'scenes' && this.willBeMade(laneId(stage.name))) {
        this.numbers = Array.from({ length: expectedScenes(this.project) }, (_, i) => i + 1);
      }
    }
    return [...this.found.values()];
  }

  /** The cost of what `all` has found. */
  async estimate(): Promise<FilmEstimate> {
    const calls = new Map<StageName, PlannedCall[]>();
    for (const { lane, reason } of this.found.values()) {
      if (reason === 'reused') continue;
      const { stage, scene } = laneParts(lane);
      const seconds = this.willBeMade(laneOfRole('scenes')) ? undefined : this.sceneOf(scene).scene?.durationSeconds;
      const known = calls.get(stage) ?? [];
      calls.set(stage, [...known, { isSure: reason !== 'depends', ...(seconds !== undefined && { seconds }) }]);
    }
    const scenes = this.numbers.length || expectedScenes(this.project);
    return estimateCalls(scenes, await chosenModels(this.source), calls, {
      registry: this.source.stages ?? BUILT_IN,
      plan: this.planned.known,
    });
  }

  private async lanesOf(stage: StagePlan): Promise<LaneExplanation[]> {
    if (stage.scope === 'project') return [await this.explain(stage, laneId(stage.name), undefined)];
    const { scenes } = this.planned;
    const wanted = this.numbers.filter((number) => !scenes || scenes.includes(number));
    const explained: LaneExplanation[] = [];
    const atOnce = this.source.dataSource.manager.queryRunner ? 1 : AT_ONCE;
    for (let i = 0; i < wanted.length; i += atOnce) {
      const some = wanted.slice(i, i + atOnce);
      explained.push(...(await Promise.all(some.map((n) => this.explain(stage, laneId(stage.name, n), n)))));
    }
    return explained;
  }

  private async explain(stage: StagePlan, lane: LaneId, scene: number | undefined): Promise<LaneExplanation> {
    const explained = await this.reasonFor(stage, lane, scene);
    if (!this.byHand.has(lane)) return explained;
    const replaces = explained.reason !== 'reused' && !(await this.continuesText(stage, lane, scene));
    return { ...explained, edited: true, ...(replaces && { replaces }) };
  }

  /** A person's unfinished text is continued as long as its inputs are the same. */
  private async continuesText({ name }: StagePlan, lane: LaneId, scene: number | undefined): Promise<boolean> {
    const row = this.rows.get(lane);
    if (!row || row.attemptedHash === null || row.fence !== row.editedFence || this.force) return false;
    if (!(this.source.stages ?? BUILT_IN).knows(name)) return false;
    return (await this.planOf(name, row, scene))?.inputHash === row.attemptedHash;
  }

  private async planOf(name: StageName, row: Lane, scene: number | undefined): Promise<LaneInputs | undefined> {
    const { manager } = this.source.dataSource;
    const stages = this.source.stages ?? BUILT_IN;
    const context = { manager, project: this.project, stages, skipped: this.skipped(), ...this.sceneOf(scene) };
    return planLane(this.source, context, name, row.feedback).catch((error: unknown) => {
      // An earlier lane of the run may produce what is missing now.
      if (error instanceof StoryreelError && error.type === 'Project.Invalid') return undefined;
      throw error;
    });
  }

  private async reasonFor(
    { name, needs, scope }: StagePlan,
    lane: LaneId,
    scene: number | undefined,
  ): Promise<LaneExplanation> {
    const before = this.madeBefore(needs, scene);
    const on = before.length > 0 && { on: before };
    const row = this.rows.get(lane);
    if (!row || row.settledFence === null) return { lane, reason: 'new', ...on };
    if (!(this.source.stages ?? BUILT_IN).knows(name)) return this.ofUnknown(row, lane, on);
    if (!(await storedResult(this.source, this.project.id as ProjectId, lane))) return { lane, reason: 'new', ...on };
    if (this.force) return { lane, reason: 'forced', ...on };
    // A storyboard that a person has written is kept for whatever story; a camera move only for its scene.
    if (row.accepted && (!on || scope === 'project')) return { lane, reason: 'reused' };

    const plan = await this.planOf(name, row, scene);
    if (plan && plan.inputHash !== row.inputHash && !row.accepted) {
      return { lane, reason: 'changed', changed: differing(row.inputs, plan.parts), ...on };
    }
    if (!plan || on) return { lane, reason: 'depends', ...on };
    return { lane, reason: 'reused' };
  }

  /** A stage of a package that this process has not. */
  private ofUnknown(row: Lane, lane: LaneId, on: false | { readonly on: readonly LaneId[] }): LaneExplanation {
    if (this.force) return { lane, reason: 'forced', ...on };
    if (row.accepted && !on) return { lane, reason: 'reused' };
    return { lane, reason: on ? 'depends' : 'unknown', ...on };
  }

  /** Lanes that the run leaves out. A new run skips none of the lanes that it produces. */
  private skipped(): ReadonlySet<LaneId> {
    const { plan, scenes } = this.planned;
    const isOfRun = ({ stage, sequenceNumber }: Lane) =>
      plan.some(({ name }) => name === stage) &&
      (sequenceNumber === null || !scenes || scenes.includes(sequenceNumber));
    const rows = [...this.rows.values()].filter((row) => row.status === 'skipped' && !isOfRun(row));
    return new Set(rows.map(({ lane }) => lane as LaneId));
  }

  private sceneOf(number: number | undefined): { scene?: Scene } {
    const scene = this.scenes.find(({ sequenceNumber }) => sequenceNumber === number);
    return scene ? { scene } : {};
  }

  /** For a scene's lane: the lanes of the same scene. For a project's lane: the lanes of all scenes. */
  private madeBefore(needs: readonly string[], scene: number | undefined): LaneId[] {
    const needed = this.planned.known
      .filter(({ name }) => needs.includes(name))
      .flatMap(({ name, scope }) => {
        if (scope === 'project') return [laneId(name)];
        return (scene === undefined ? this.numbers : [scene]).map((number) => laneId(name, number));
      });
    return needed.filter((lane) => this.willBeMade(lane));
  }

  private willBeMade(lane: LaneId): boolean {
    const found = this.found.get(lane);
    return found !== undefined && found.reason !== 'reused' && found.reason !== 'unknown';
  }
}

function differing(before: Readonly<Record<string, string>> | null, now: Readonly<Record<string, string>>): string[] {
  if (!before) return [];
  const names = new Set([...Object.keys(before), ...Object.keys(now)]);
  return [...names].filter((name) => before[name] !== now[name]);
}

/** In words, as a person reads it. */
export function reasonText(explanation: LaneExplanation): string {
  const words = wordsFor(explanation);
  return explanation.replaces ? `${words}; replaces what a person has written` : words;
}

function wordsFor({ reason, changed = [], on = [], edited }: LaneExplanation): string {
  const more = on.length > 3 ? ` and ${on.length - 3} more` : '';
  const upstream = on.length > 0 ? `depends on ${on.slice(0, 3).join(', ')}${more}` : '';
  switch (reason) {
    case 'new':
    case 'forced':
      return upstream === '' ? reason : `${reason}; ${upstream}`;
    case 'changed': {
      const what = `changed: ${changed.length > 0 ? changed.join(', ') : 'its inputs'}`;
      return upstream === '' ? what : `${what}; ${upstream}`;
    }
    case 'depends':
      return upstream || 'depends on what is missing';
    case 'unknown':
      return 'unknown: only the workers know what it is made from';
    case 'reused':
      return edited ? 'reused: written by hand' : 'reused';
  }
}
