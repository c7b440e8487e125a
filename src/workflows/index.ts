export { reconcile } from './reconcile';
export { story } from './story';
