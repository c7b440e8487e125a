export { cameraMovement } from './definition';
export { wordsOfMove } from './words-of-move';
