export { wholeNumber } from './arguments';
export { chooseRenderer, type Cli } from './cli';
export { EXIT_CODES } from './exit-codes';
export { failureOf, type Failure } from './failure';
export { followStory, type Followed, type FollowOptions } from './follow-story';
export { oneLine, standardOutput, type Renderer, type Screen } from './render';
export { prepareServices, type Prepared } from './services';
