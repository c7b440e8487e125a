export { storyboard } from './definition';
export { numbersOf, sceneIds } from './persist';
