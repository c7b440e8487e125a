export { CHANGES, readChanges, type Changes, type NewScene, type ProjectChanges } from './changes';
export { INPUTS, OF_REQUEST } from './inputs';
export { issueWords } from './issue-words';
export { readInput, refusedInput, type Checked } from './read-input';
