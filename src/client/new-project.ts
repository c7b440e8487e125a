import { checkedBudget } from './budget';
import { MAX_SCENES, MAX_TOPIC_BYTES, StoryreelError } from '../protocol';

export interface NewProject {
  readonly topic: string;
  /** Default: the beginning of the topic. */
  readonly name?: string;
  /** Whose project it is: owners get equal shares of the workers. */
  readonly owner?: string;
  readonly settings?: { readonly scenes?: number; readonly style?: string };
  /** What all runs together may cost, in the currency of the providers' prices. A call that it has no room for waits. */
  readonly budget?: number;
}

const NAME_LENGTH = 80;

/** The row of a new project. Throws `Project.Invalid` where nothing can be made of it. */
export function checkedProject(input: NewProject) {
  const topic = input.topic.trim();
  const bytes = Buffer.byteLength(topic);
  if (topic === '') {
    throw new StoryreelError('Project.Invalid', 'The topic is empty. Say in a sentence what the film is about.');
  }
  if (bytes > MAX_TOPIC_BYTES) {
    throw new StoryreelError(
      'Project.Invalid',
      `The topic is ${bytes} bytes long; at most ${MAX_TOPIC_BYTES} are allowed. Shorten it.`,
    );
  }
  const scenes = input.settings?.scenes;
  if (scenes !== undefined && !(Number.isInteger(scenes) && scenes >= 1 && scenes <= MAX_SCENES)) {
    throw new StoryreelError('Project.Invalid', `The number of scenes must be a whole number from 1 to ${MAX_SCENES}.`);
  }
  return {
    name: input.name?.trim() || firstWords(topic),
    topic: topic.replaceAll('\0', ''),
    owner: input.owner ?? null,
    settings: { ...input.settings },
    budget: input.budget === undefined ? null : checkedBudget(input.budget),
  };
}

function firstWords(topic: string): string {
  const line = topic.split('\n')[0] ?? '';
  return line.length > NAME_LENGTH ? `${[...line].slice(0, NAME_LENGTH - 1).join('')}…` : line;
}
