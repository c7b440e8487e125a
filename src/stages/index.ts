import type { StageName } from '../protocol';
import { cameraMovement } from './camera-movement';
import type { StageDefinition } from './definition';
import { film } from './film';
import { imageGeneration } from './image-generation';
import { rewrite } from './rewrite';
import { storyboard } from './storyboard';
import { videoGeneration } from './video-generation';

/** The definition of each stage of the plan. To add one: a folder here, a line here, and its line in the plan. */
const stages: { readonly [Name in StageName]: StageDefinition & { readonly name: Name } } = {
  rewrite,
  storyboard,
  image_generation: imageGeneration,
  camera_movement: cameraMovement,
  video_generation: videoGeneration,
  film,
} as { readonly [Name in StageName]: StageDefinition & { readonly name: Name } };

export function stageDefinition(name: StageName): StageDefinition {
  return stages[name];
}

export {
  UnusableOutput,
  type ClipSource,
  type FilmPart,
  type FilmPlan,
  type FilmStage,
  type ImageStage,
  type JsonSchema,
  type PromptText,
  type Settlement,
  type StageContext,
  type StageDefinition,
  type StoredResult,
  type TextChecks,
  type TextStage,
  type VideoStage,
} from './definition';
export { numbersOf, sceneIds } from './storyboard';
export { askAgain, withFeedback, promptWithFeedback } from './feedback';
export { renderMessages, renderText } from './render';
export { settingsOf } from './settings';
