import { stageOfRole } from '../../src/protocol';
import { kept } from '../parts/kept';

/** What has been entered for a new film. */
export interface FilmDraft {
  readonly topic: string;
  readonly name: string;
  readonly scenes: string;
  readonly style: string;
  readonly language: string;
  readonly frame: string;
  readonly gates: readonly string[];
  readonly budget: string;
  readonly onFailure: 'park' | 'fail';
  readonly priority: string;
}

const BLANK: FilmDraft = {
  topic: '',
  name: '',
  scenes: '6',
  style: '',
  language: '',
  frame: '',
  gates: [stageOfRole('scenes').name],
  budget: '',
  onFailure: 'park',
  priority: '',
};

/** The one that this browser has kept, or a blank one. */
export function keptDraft(): FilmDraft {
  try {
    return { ...BLANK, ...(JSON.parse(kept('new-film') ?? '{}') as Partial<FilmDraft>) };
  } catch {
    return BLANK;
  }
}

/** The body of `POST /v1/projects`. */
export function bodyOf(draft: FilmDraft, isStarted: boolean) {
  const { topic, name, scenes, style, language, frame, gates, budget, onFailure, priority } = draft;
  return {
    topic,
    ...(name.trim() && { name }),
    settings: {
      ...(scenes && { scenes: Number(scenes) }),
      ...(style.trim() && { style }),
      ...(language && { language }),
      ...(frame && { frame }),
    },
    ...(budget && { budget: Number(budget) }),
    ...(isStarted && {
      start: {
        ...(gates.length > 0 && { gates }),
        ...(onFailure !== 'park' && { onFailure }),
        ...(priority && { priority: Number(priority) }),
      },
    }),
  };
}
