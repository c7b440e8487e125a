export { imageGeneration } from './definition';
