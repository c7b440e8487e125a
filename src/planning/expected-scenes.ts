import type { Project } from '../entities';
import { settingsOf } from '../stages';

/** How many scenes a new storyboard of the project is asked for. */
export function expectedScenes(project: Project): number {
  return settingsOf(project).scenes;
}
