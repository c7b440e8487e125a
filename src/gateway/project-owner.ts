import type { StoryClient } from '../client';
import type { ProjectId } from '../protocol';
import { Shared } from './shared';

/** Enough for a crowd of viewers, of whom each comes in a turn of the event loop of its own. */
const OWNER_MS = 250;
const owners = new WeakMap<StoryClient, Shared<string | undefined>>();

/** Who come at the same moment share the answer. Throws `Project.NotFound`. */
export function ownerOf(stories: StoryClient, id: ProjectId): Promise<string | undefined> {
  return ownersOf(stories).of(id, () => stories.owner(id));
}

/** The project is gone. */
export function forgetOwner(stories: StoryClient, id: ProjectId): void {
  ownersOf(stories).forget(id);
}

function ownersOf(stories: StoryClient): Shared<string | undefined> {
  const known = owners.get(stories) ?? new Shared<string | undefined>(OWNER_MS);
  owners.set(stories, known);
  return known;
}
