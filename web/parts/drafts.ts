import { signal } from '@preact/signals';

/** Edits that are not saved yet, by film and field. They survive a reload of the tab, and end with it. */
export interface Draft {
  readonly value: string;
  /** The text before the change, and the version of the film at that time. */
  readonly base: string;
  readonly version: number;
}

const KEY = 'storyreel.drafts';

function read(): ReadonlyMap<string, Draft> {
  try {
    return new Map(Object.entries(JSON.parse(sessionStorage.getItem(KEY) ?? '{}') as Record<string, Draft>));
  } catch {
    return new Map();
  }
}

export const drafts = signal(read());

export function setDraft(id: string, draft: Draft | undefined): void {
  const next = new Map(drafts.value);
  if (draft) next.set(id, draft);
  else next.delete(id);
  drafts.value = next;
  try {
    sessionStorage.setItem(KEY, JSON.stringify(Object.fromEntries(next)));
  } catch {
    // Then it lasts as long as the page.
  }
}

export function draftsOf(projectId: string): readonly (readonly [string, Draft])[] {
  return [...drafts.value].filter(([id]) => id.startsWith(`${projectId}/`));
}
