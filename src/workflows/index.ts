export { batch } from './batch';
export { story } from './story';
