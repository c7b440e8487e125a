export { storyboard } from './definition';
