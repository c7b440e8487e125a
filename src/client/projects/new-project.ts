import { defined, firstBytes, TEXT_BYTES } from '../../protocol';
import { readInput, type Checked } from '../inputs';

/** What a project is made from. */
export interface NewProject {
  /** What the film is about, in at most 20,000 bytes of UTF-8. */
  readonly topic: string;
  /** Default: the beginning of the topic. */
  readonly name?: string;
  /** The owner of the project. Owners get equal shares of the workers. The owner's name gives no permission. */
  readonly owner?: string;
  readonly settings?: {
    /** How many scenes the storyboard shall have, from 1 to 500. Default 5. */
    readonly scenes?: number;
    /** The style of the pictures, which every image's prompt names. Default: flat illustration, soft light, rich colours. */
    readonly style?: string;
    /** A BCP 47 tag, such as `de` or `pt-BR`; default: the language of the topic. */
    readonly language?: string;
    /** An aspect ratio (`9:16`) or a size (`720x1280`); default: the frame of `FRAME_SIZE`. */
    readonly frame?: string;
  };
  /**
   * The most that all runs together may cost, in the currency of the providers' prices. A call that exceeds it waits.
   */
  readonly budget?: number;
}

const NAME_LENGTH = 80;

/** The row of a new project. Throws `Project.Invalid` if the input cannot make one. */
export function checkedProject(input: unknown) {
  return rowOf(readInput('the project', input));
}

export function rowOf({ topic, name, owner, settings = {}, budget }: Checked<'the project'>) {
  const { scenes, style, language, frame } = settings;
  return {
    name: name ?? firstWords(topic),
    topic,
    owner: owner ?? null,
    settings: defined({ scenes, style, language, frame }),
    budget: budget ?? null,
  };
}

function firstWords(topic: string): string {
  const line = topic.split('\n')[0] ?? '';
  const short = line.length > NAME_LENGTH ? `${[...line].slice(0, NAME_LENGTH - 1).join('')}…` : line;
  return firstBytes(short, TEXT_BYTES.name);
}
