import { Lane, Scene, type RunSettings } from '../../entities';
import {
  knownStages,
  planRun,
  settingsForNewRun,
  withProject,
  workersSettings,
  type FilmEstimate,
  type PlanSource,
} from '../../planning';
import type { LaneId, ProjectId } from '../../protocol';
import { readAsEdited, type EditSource } from '../edit';
import type { ProjectChanges } from '../inputs';
import { Explainer, type LaneExplanation } from './explain-lanes';
import { knownProject } from './known-project';

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
  const project = await knownProject(source.dataSource, projectId);
  const known = await knownStages(source);
  const planned = await planRun(manager, known, { projectId, ...options });
  const rows = new Map((await manager.findBy(Lane, { projectId })).map((row) => [row.lane, row]));
  const storedScenes = await manager.find(Scene, { where: { projectId }, order: { sequenceNumber: 'ASC' } });
  const run = { ...planned, known, project, rows, storedScenes, force: options.force === true };
  const explainerOf = (settings: RunSettings) => new Explainer(withProject(source, project, settings), run);
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
  const edit = { projectId, isLive, changes: changes as ProjectChanges };
  return readAsEdited(source, edit, async (manager, version) => ({
    ...(await explainProject({ dataSource: { manager }, config: source.config }, projectId, options)),
    version,
  }));
}
