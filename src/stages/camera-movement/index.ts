export { cameraMovement } from './definition';
