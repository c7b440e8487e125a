export {
  UnusableOutput,
  type ClipSource,
  type FilmPlan,
  type ImageStage,
  type JsonSchema,
  type OutsideStage,
  type PromptText,
  type SettledImage,
  type SettledText,
  type Settlement,
  type StageContext,
  type StoredResult,
  type TextChecks,
  type TextStage,
  type VideoStage,
} from './definition';
export { databaseOf } from './context';
export { CAMERA } from './camera-movement/parser';
export { columnsOf, fieldsOf, numbersOf, sceneIds } from './storyboard/persist';
export { inSnakeCase, SCENE, SCENE_DEFAULTS } from './storyboard/scene';
export { askAgain, withFeedback, withLanguage, promptWithFeedback } from './feedback';
export { renderMessages, renderText } from './render';
export { settingsOf } from './settings';
export { BUILT_IN, StageRegistry } from './registry';
export { resultOf, saveImage, saveText, storedBy } from './stage-results';
