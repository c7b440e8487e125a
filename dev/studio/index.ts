// First, so that a missing package is named before anything looks for it.
import './needed-packages';
export { startStudio, type Studio } from './start-studio';
export type { StudioOptions } from './options';
export type { Fault, FaultRule } from './faults';
export type { SeenRequest } from './request-record';
export type { VideoJob } from './video/video-job';
export { movements } from './writing/camera-movement';
export { shotTypes } from './writing/storyboard';
