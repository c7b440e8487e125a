import { StoryreelError } from '../protocol';

/** Activities of the program around a worker, by their names. */
export type HostActivities = Readonly<Record<string, (...args: never[]) => unknown>>;

/** Ours and theirs on one queue. Throws `Config.Invalid` if one has the name of ours. */
export function withHostActivities<T extends object>(ours: T, theirs: HostActivities): T & HostActivities {
  const taken = Object.keys(theirs).find((name) => Object.hasOwn(ours, name));
  if (taken === undefined) return { ...ours, ...theirs };
  throw new StoryreelError('Config.Invalid', `The activity "${taken}" has the name of one that comes with Storyreel.`);
}
