import type { ProjectId } from '../../src/protocol';

/** Something that happens to a service while texts are under way. */
export interface Situation {
  readonly name: string;
  /** Causes the fault; resolves when the service is back, as far as it comes back without help. */
  strike(projectId: ProjectId): Promise<void>;
}

export interface Gap {
  readonly situation: string;
  /** Seconds from the service's return to the first token of a text that was begun after it. */
  readonly seconds: number;
}
