export { batch } from './batch';
export { reconcile } from './reconcile';
export { story } from './story';
export { unknownWorkflow as default } from './unknown-workflow';
