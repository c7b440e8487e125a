export { inputHash, textHash } from './input-hash';
export { knownStages } from './known-stages';
export { chooseHolder, chooseModel, pricesOf, type ModelChoice, type ModelKind, type PlanSource } from './model-choice';
export { planFilm, planImage, planLane, planText, planVideo, type LaneInputs, type TextPlan } from './plan-lane';
export { chosenModels, estimate, estimateCalls, estimateFilm, type PlannedCall, type FilmEstimate } from './estimate';
export { listProviders, type ProviderView } from './list-providers';
export { checkNamed, planRun, type PlannedRun } from './plan-run';
export { loadLane, storedIn, type LoadedLane } from './load-lane';
export { settingsForNewRun, settingsIn, withProject, withSettings, workersSettings } from './run-settings';
export {
  BUILT_IN,
  CAMERA,
  columnsOf,
  databaseOf,
  fieldsOf,
  inSnakeCase,
  SCENE,
  SCENE_DEFAULTS,
  settingsOf,
  StageRegistry,
  type OutsideStage,
  type StageContext,
} from '../stages';
