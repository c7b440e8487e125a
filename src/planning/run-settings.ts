import type { EntityManager } from 'typeorm';
import type { Config } from '../config';
import { readRunSettings, WorkerSettings, type ModelSetting, type Project, type RunSettings } from '../entities';
import { sizeOfFrame } from '../protocol';
import { settingsOf } from '../stages';
import { servedByWorkers } from './known-stages';
import {
  enabledRows,
  fromEnvironment,
  fromRow,
  hasAdapter,
  type ModelChoice,
  type ModelKind,
  type PlanSource,
} from './model-choice';

/** The settings of a run that is opened by a worker with these settings; rows of `model_providers` come before them. */
export async function settingsForNewRun(
  manager: EntityManager,
  { config, ...source }: Pick<PlanSource, 'config' | 'adapters'>,
  own: RunSettings = settingsIn(config),
): Promise<RunSettings> {
  const served = await servedByWorkers({ config, dataSource: { manager } });
  const adapters = [...(source.adapters ?? []), ...(served?.adapters ?? [])];
  const rows = await enabledRows(manager);
  const chosen = (kind: ModelKind): ModelSetting => {
    const row = rows.find((each) => each.kind === kind);
    return row ? settingOf(fromRow(row, config), adapters) : own.models[kind];
  };
  return { ...own, models: { text: chosen('text'), image: chosen('image'), video: chosen('video') } };
}

/** A process's own settings, without the rows of `model_providers`. */
export function settingsIn(config: Config): RunSettings {
  const of = (kind: ModelKind) => settingOf(fromEnvironment(config, kind));
  return {
    models: { text: of('text'), image: of('image'), video: of('video') },
    frameSize: config.FRAME_SIZE,
    maxTextBytes: config.MAX_TEXT_BYTES,
  };
}

/** The settings that the workers have stored; if none has, this process's own settings. */
export async function workersSettings({ dataSource, config }: PlanSource): Promise<RunSettings> {
  const taskQueue = config.TEMPORAL_TASK_QUEUE;
  const row = await dataSource.manager.getRepository(WorkerSettings).findOneBy({ taskQueue });
  return row ? readRunSettings(row.settings, 'worker_settings.settings') : settingsIn(config);
}

/** The source with a run's settings in place of this process's own. Runs of older versions have none. */
export function withSettings<Source extends PlanSource>(source: Source, stored: RunSettings | null): Source {
  if (!stored) return source;
  const settings = readRunSettings(stored, 'projects.run_settings');
  const config = { ...source.config, FRAME_SIZE: settings.frameSize, MAX_TEXT_BYTES: settings.maxTextBytes };
  return { ...source, config, settings };
}

/** The same with the frame of a project. */
export function withProject<Source extends PlanSource>(
  source: Source,
  project: Pick<Project, 'settings'>,
  settings: RunSettings | null,
): Source {
  const own = withSettings(source, settings);
  const { frame } = settingsOf(project);
  if (frame === undefined) return own;
  return { ...own, config: { ...own.config, FRAME_SIZE: sizeOfFrame(own.config.FRAME_SIZE, frame) } };
}

function settingOf(choice: ModelChoice, adapters: readonly string[] = []): ModelSetting {
  const { name: provider, model, jsonSchema, continuation, adapter, baseUrl, keyed } = choice;
  const configured = baseUrl !== undefined && hasAdapter({ adapters }, adapter);
  return { provider, model, jsonSchema, continuation, configured, keyed: keyed() };
}
