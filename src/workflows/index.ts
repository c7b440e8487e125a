export { story } from './story';
