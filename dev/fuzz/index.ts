export { play, type FuzzOptions, type FuzzWorld } from './play';
