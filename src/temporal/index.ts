export { connectTemporal } from './connect';
export { temporalConnection } from './connection-options';
export { dataConverter } from './payload-codec';
export { retriesUntilClosed } from './retries-until-closed';
export { isRefused, refusedByTemporal, temporalUnreachable } from './why-unreachable';
