/**
 * What gateway and CLI take from the client beyond its public index. It is no part of the package, so it may change
 * with any release.
 */
export { actAs } from './access/acting';
export { CHANGES, INPUTS, issueWords, OF_REQUEST, readInput } from './inputs';
export { estimateText, reasonText, settingsText } from './projects/explanation-text';
export { SESSION_SECONDS } from './access/sessions';
export { inTraceOf } from '../telemetry';
export { isFollowedBySnapshot } from './watch/watch-project';
