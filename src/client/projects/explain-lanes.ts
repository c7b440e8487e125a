import { wastedCalls, type Lane, type Project, type Scene } from '../../entities';
import {
  BUILT_IN,
  databaseOf,
  chosenModels,
  estimateCalls,
  planLane,
  settingsOf,
  storedIn,
  type FilmEstimate,
  type LaneInputs,
  type PlannedCall,
  type PlannedRun,
  type PlanSource,
  type StageContext,
  type StageRegistry,
} from '../../planning';
import {
  laneId,
  laneOfRole,
  laneParts,
  StoryreelError,
  type LaneId,
  type StageName,
  type StagePlan,
} from '../../protocol';
import { handWrittenLanes } from '../edit/hand-written';

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
  /** So many calls of it were paid and are in no result, in all runs. Left out where the result is used again. */
  readonly wasted?: number;
  /** A person has written the result, or an unfinished text that an attempt would continue. */
  readonly edited?: true;
  /**
   * A run would replace a person's text, or may do so because of other lanes. `start` refuses this without
   * `replaceEdits`.
   */
  readonly replaces?: true;
}

/** A project as it is stored, and what a run of it is about to do. */
interface ExplainedRun extends PlannedRun {
  readonly project: Project;
  readonly rows: ReadonlyMap<LaneId, Lane>;
  readonly storedScenes: readonly Scene[];
  readonly known: readonly StagePlan[];
  readonly force: boolean;
}

/** Scenes that are planned at the same time; each takes a connection of the pool. A transaction has only one. */
const AT_ONCE = 8;

/** Finds for each lane of a run whether it would be made, and why. */
export class Explainer {
  private readonly found = new Map<LaneId, LaneExplanation>();
  private readonly stages: StageRegistry;
  private numbers: readonly number[];
  private byHand: ReadonlySet<LaneId> = new Set();
  private wasted: ReadonlyMap<LaneId, number> = new Map();

  constructor(
    private readonly source: PlanSource,
    private readonly run: ExplainedRun,
  ) {
    this.stages = source.stages ?? BUILT_IN;
    this.numbers = run.storedScenes.map(({ sequenceNumber }) => sequenceNumber);
  }

  async all(): Promise<LaneExplanation[]> {
    const { manager } = this.source.dataSource;
    this.byHand = await handWrittenLanes(manager, this.run.project.id);
    this.wasted = await wastedCalls(manager, this.run.project.id);
    for (const stage of this.run.plan) {
      for (const explanation of await this.lanesOf(stage)) this.found.set(explanation.lane, explanation);
      // A new storyboard has as many scenes as it is asked for.
      if (stage.role === 'scenes' && this.willBeMade(laneId(stage.name))) {
        this.numbers = Array.from({ length: settingsOf(this.run.project).scenes }, (_, i) => i + 1);
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
    const scenes = this.numbers.length || settingsOf(this.run.project).scenes;
    const known = { registry: this.stages, plan: this.run.known };
    return estimateCalls({ scenes, models: await chosenModels(this.source) }, calls, known);
  }

  private async lanesOf(stage: StagePlan): Promise<LaneExplanation[]> {
    if (stage.scope === 'project') return [await this.explain(stage, laneId(stage.name), undefined)];
    const { scenes } = this.run;
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
    const wasted = this.wasted.get(lane);
    const found = await this.reasonFor(stage, lane, scene);
    const explained = { ...found, ...(wasted !== undefined && found.reason !== 'reused' && { wasted }) };
    if (!this.byHand.has(lane)) return explained;
    const replaces = explained.reason !== 'reused' && !(await this.continuesText(stage, lane, scene));
    return { ...explained, edited: true, ...(replaces && { replaces }) };
  }

  /** A person's unfinished text is continued as long as its inputs are the same. */
  private async continuesText({ name }: StagePlan, lane: LaneId, scene: number | undefined): Promise<boolean> {
    const row = this.run.rows.get(lane);
    if (!row || row.inProgressInputHash === null || row.editedFence === null || this.run.force) return false;
    if (!this.stages.knows(name)) return false;
    return (await this.planOf(name, row, scene))?.inputHash === row.inProgressInputHash;
  }

  private async planOf(name: StageName, row: Lane, scene: number | undefined): Promise<LaneInputs | undefined> {
    return planLane(this.source, this.contextOf(scene), name, row.feedback).catch((error: unknown) => {
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
    const row = this.run.rows.get(lane);
    if (!row || row.settledFence === null) return { lane, reason: 'new', ...on };
    if (!this.stages.knows(name)) return this.ofUnknown(row, lane, on);
    if (!(await storedIn(this.contextOf(scene), lane))) return { lane, reason: 'new', ...on };
    if (this.run.force) return { lane, reason: 'forced', ...on };
    // A storyboard that a person has written is kept for whatever story; a camera move only for its scene.
    if (row.acceptsInputs && (!on || scope === 'project')) return { lane, reason: 'reused' };

    const plan = await this.planOf(name, row, scene);
    if (plan && plan.inputHash !== row.inputHash && !row.acceptsInputs) {
      return { lane, reason: 'changed', changed: differing(row.inputs, plan.parts), ...on };
    }
    if (!plan || on) return { lane, reason: 'depends', ...on };
    return { lane, reason: 'reused' };
  }

  /** A stage of a package that this process has not. */
  private ofUnknown(row: Lane, lane: LaneId, on: false | { readonly on: readonly LaneId[] }): LaneExplanation {
    if (this.run.force) return { lane, reason: 'forced', ...on };
    if (row.acceptsInputs && !on) return { lane, reason: 'reused' };
    return { lane, reason: on ? 'depends' : 'unknown', ...on };
  }

  private contextOf(scene: number | undefined): StageContext {
    const { stages, run } = this;
    const database = databaseOf(this.source.dataSource.manager);
    return { ...database, project: run.project, stages, skipped: this.skipped(), ...this.sceneOf(scene) };
  }

  /** Lanes that the run leaves out. A new run skips none of the lanes that it produces. */
  private skipped(): ReadonlySet<LaneId> {
    const { plan, scenes } = this.run;
    const isOfRun = ({ stage, sequenceNumber }: Lane) =>
      plan.some(({ name }) => name === stage) &&
      (sequenceNumber === null || !scenes || scenes.includes(sequenceNumber));
    const rows = [...this.run.rows.values()].filter((row) => row.status === 'skipped' && !isOfRun(row));
    return new Set(rows.map(({ lane }) => lane));
  }

  private sceneOf(number: number | undefined): { scene?: Scene } {
    const scene = this.run.storedScenes.find(({ sequenceNumber }) => sequenceNumber === number);
    return scene ? { scene } : {};
  }

  /** For a scene's lane: the lanes of the same scene. For a project's lane: the lanes of all scenes. */
  private madeBefore(needs: readonly string[], scene: number | undefined): LaneId[] {
    const needed = this.run.known
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
