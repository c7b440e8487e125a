export type { LaneStateView, ProjectView, StageView, UsageView } from './project-view';
export { StoryClient, type NewProject, type ProjectSummary, type StartedRun, type StartOptions } from './story-client';
export type { WatchOptions } from './watch-project';
