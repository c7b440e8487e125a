export { batch } from './batch';
export { reconcile } from './reconcile';
export { story } from './story';
