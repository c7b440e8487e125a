import type { Project } from '../entities';
import { isCount } from '../protocol/viewer';

/** The settings that a project may have for its stages; `projects.settings`. */
export interface ProjectSettings {
  /** How many scenes the storyboard shall have. */
  readonly scenes: number;
  /** Named in every image's prompt. */
  readonly style: string;
  /** The language of the story and of what is spoken, as a BCP 47 tag; default: the language of the topic. */
  readonly language?: string;
  /** An aspect ratio (`9:16`) or a size (`720x1280`) of pictures, clips and film; default: `FRAME_SIZE`. */
  readonly frame?: string;
}

const DEFAULTS: ProjectSettings = { scenes: 5, style: 'flat illustration, soft light, rich colours' };

/** A setting that is damaged in the database counts as not set. */
export function settingsOf({ settings }: Pick<Project, 'settings'>): ProjectSettings {
  const given = (settings ?? {}) as Readonly<Record<string, unknown>>;
  const { scenes, ...texts } = {
    scenes: given['scenes'],
    style: given['style'],
    language: given['language'],
    frame: given['frame'],
  };
  const known = Object.entries(texts).filter(([, value]) => typeof value === 'string');
  return { ...DEFAULTS, ...(isCount(scenes) && scenes > 0 && { scenes }), ...Object.fromEntries(known) };
}
