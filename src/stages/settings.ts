import type { Project } from '../entities';

/** The settings that a project may have for its stages; `projects.settings`. */
export interface ProjectSettings {
  /** How many scenes the storyboard shall have. */
  readonly scenes: number;
  /** Named in every image's prompt. */
  readonly style: string;
}

const DEFAULTS: ProjectSettings = { scenes: 5, style: 'flat illustration, soft light, rich colours' };

export function settingsOf(project: Pick<Project, 'settings'>): ProjectSettings {
  return { ...DEFAULTS, ...project.settings };
}
