export { film } from './definition';
