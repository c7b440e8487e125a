import type { LaneId, ProjectId } from '../protocol';

/**
 * Every key and channel name in Redis is made here. Keys of one project share a hash tag, so that one script can touch
 * them all in Redis Cluster.
 */
export const keys = {
  log: (projectId: ProjectId) => `story:{${projectId}}:log`,
  lanes: (projectId: ProjectId) => `story:{${projectId}}:lanes`,
  text: (projectId: ProjectId, lane: LaneId) => `story:{${projectId}}:text:${lane}`,
  /** Announces what was appended to the log, to readers of our own. */
  channel: (projectId: ProjectId) => `story:${projectId}`,
  /** The channel of stop requests to workers, for all projects: no project has this id. */
  control: 'story:control',
  /** The channel of legacy clients; with PSUBSCRIBE, `*` replaces the stage. */
  legacyChannel: (projectId: ProjectId, stage: string) => `ai_story:project:${projectId}:stage:${stage}`,
};
