export { expectedScenes } from './expected-scenes';
export { inputHash, textHash } from './input-hash';
export { chooseModel, type ModelChoice, type ModelKind, type PlanSource } from './model-choice';
export {
  planFilm,
  planImage,
  planLane,
  planText,
  planVideo,
  stageOfKind,
  type FilmPlan,
  type ImagePlan,
  type LaneInputs,
  type TextPlan,
  type VideoPlan,
} from './plan-lane';
export { planRun, type PlannedRun } from './plan-run';
export { storedResult } from './stored-result';
