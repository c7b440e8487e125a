export { findChromium } from './chromium';
export { acquireLock, type Lock } from './lock';
export { startLocalModel, type LocalModel } from './local-model';
export { startStack, type Stack } from './start-stack';
export { StackError, StackInUse } from './stack-error';
export type { Report, ReportLine, ServiceName } from './stack-types';
