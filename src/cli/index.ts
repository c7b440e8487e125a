export { wholeNumber } from './arguments';
export { chooseRenderer, type Cli } from './cli';
export { EXIT_CODES } from './exit-codes';
export { failureOf } from './failure';
export { followStory } from './follow-story';
export { oneLine, standardOutput } from './render';
export { prepareServices } from './services';
