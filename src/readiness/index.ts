export { reasonOf, type Lack, type Need } from './lack';
export { isNotFound, lackOfNamespace, missingSearchAttributes, noNamespace, type TemporalServices } from './namespace';
export {
  isServed,
  lackOfBuild,
  lacksOfWorkers,
  nameOf,
  servedLanes,
  servedQueues,
  servedWorkflows,
  type Build,
} from './serving-workers';
export { adviceOnPostgres, lackOfMedia, lackOfRedis, lackOfSchema } from './stores';
export { lackingNeeds, waitForNeeds, type LackingNeed } from './wait-for-needs';
