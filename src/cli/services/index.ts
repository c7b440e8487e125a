export { examine } from './examine';
export type { Finding } from './finding';
export { prepareServices, type Prepared } from './prepare-services';
