export { findChromium, type Browser } from './chromium';
export { acquireLock, type Lock } from './lock';
export { startLocalModel, type LocalModel } from './local-model';
export { startStack, type Stack, type StackOptions } from './start-stack';
export { StackError, StackInUse } from './stack-error';
export type { Report, ReportLine, RunningDatabase, RunningTemporal, ServiceName } from './stack-types';
