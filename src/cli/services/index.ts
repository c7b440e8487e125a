export { examine } from './examine';
export type { Finding } from './finding';
export { workerLacks } from './worker-lacks';
export { prepareServices, type Prepared } from './prepare-services';
