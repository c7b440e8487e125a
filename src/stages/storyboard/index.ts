export { storyboard } from './definition';
export { sceneNumbers } from './persist';
