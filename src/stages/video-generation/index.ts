export { videoGeneration } from './definition';
