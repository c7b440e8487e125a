import { Feedback1795478400600 } from './feedback.migration';
import { Models1795478400003 } from './models.migration';
import { Projects1795478400001 } from './projects.migration';
import { Scenes1795478400002 } from './scenes.migration';

/** Oldest first. A migration that was released is never edited; a change of the schema is a new one at the end. */
export const migrations = [Projects1795478400001, Scenes1795478400002, Models1795478400003, Feedback1795478400600];
