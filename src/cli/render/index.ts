export { JsonRenderer } from './json-renderer';
export { LiveRenderer } from './live-renderer';
export { PlainRenderer } from './plain-renderer';
export type { Ending, Renderer } from './renderer';
export { standardOutput, type Screen } from './screen';
export { sceneTable, statusMark } from './scene-table';
export { closingLines } from './closing-lines';
export { EMPTY_VIEW, lanesOfStage, reduceStory, type StoryView } from './story-view';
export { createStyle, oneLine, type Style } from './style';
