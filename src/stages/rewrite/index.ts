export { rewrite } from './definition';
