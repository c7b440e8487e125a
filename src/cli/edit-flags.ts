import { readFile } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import type { NewProject, ProjectChanges } from '../client';
import { boundedLine, defined, StoryreelError } from '../protocol';
import { readTopic } from './arguments';

/** The most bytes of a path in a message. */
const MAX_PATH_BYTES = 200;

/** The options of `storyreel edit`, as the parser gives them. */
export interface EditFlags {
  readonly topic?: string;
  readonly language?: string;
  readonly frame?: string;
  readonly rewrite?: string;
  readonly lane?: string;
  readonly text?: string;
  readonly scene?: number;
  readonly addScene?: boolean;
  readonly at?: number;
  readonly narration?: string;
  readonly visualPrompt?: string;
  readonly shot?: string;
  readonly duration?: number;
  readonly camera?: string;
  readonly speed?: string;
  readonly removeScene?: readonly number[];
  readonly order?: readonly number[];
  readonly json?: string;
  readonly version?: number;
  readonly by?: string;
}

export interface EditRequest {
  readonly changes: ProjectChanges;
  /** That of the document that was edited, unless an option names one. */
  readonly version?: number;
}

/**
 * The edit that the options describe; undefined if they describe none. Throws `Project.Invalid` if they contradict each
 * other.
 */
export async function editRequest(flags: EditFlags, stdin: Readable): Promise<EditRequest | undefined> {
  const changes = await changesOf(flags, stdin);
  const version = flags.version === undefined ? {} : { version: flags.version };
  if (flags.json === undefined) return Object.keys(changes).length === 0 ? undefined : { changes, ...version };
  if (Object.keys(changes).length > 0) {
    throw new StoryreelError('Project.Invalid', 'Give the changes as --json or as options; one of the two.');
  }
  const { version: read, ...given } = parse(await readInput(flags.json, stdin));
  return { changes: given, ...(typeof read === 'number' && { version: read }), ...version };
}

/** The client reports what they lack, as it does for a document. */
async function changesOf(flags: EditFlags, stdin: Readable): Promise<Record<string, unknown>> {
  const { topic, rewrite, lane, text, scene, addScene, at, removeScene, order } = flags;
  const settings = changedSettings(flags);
  const fields = fieldsOf(flags);
  if (Object.keys(fields).length > 0 && (scene === undefined) === (addScene === undefined)) {
    throw new StoryreelError(
      'Project.Invalid',
      'State which scene is meant: --scene <n>, or --add-scene; one of the two.',
    );
  }
  if ((lane === undefined) !== (text === undefined)) {
    throw new StoryreelError('Project.Invalid', '--lane and --text belong together: which text, and what it shall be.');
  }
  return defined({
    topic,
    settings: Object.keys(settings).length > 0 ? settings : undefined,
    rewrite: rewrite === undefined ? undefined : (await readInput(rewrite, stdin)).trimEnd(),
    text: lane === undefined || text === undefined ? undefined : { lane, content: await readInput(text, stdin) },
    scenes: scene === undefined ? undefined : [{ scene_number: scene, ...fields }],
    add: addScene ? [{ ...fields, ...defined({ at }) }] : undefined,
    remove: removeScene,
    order,
  });
}

/** The settings of a new project, as the options of a command line give them. */
export function settingsIn({ scenes, style, language, frame }: Settings): Settings {
  return defined({ scenes, style, language, frame });
}

type Settings = NonNullable<NewProject['settings']>;

function changedSettings({ language, frame }: EditFlags) {
  const given = (value: string | undefined) => (value === 'none' ? null : value);
  return defined({ language: given(language), frame: given(frame) });
}

function fieldsOf({ narration, visualPrompt, shot, duration, camera, speed }: EditFlags) {
  const move = defined({ movement: camera, speed });
  const fields = defined({ narration, visual_prompt: visualPrompt, shot_type: shot, duration });
  return { ...fields, ...(Object.keys(move).length > 0 && { camera: move }) };
}

/** Some editors and shells put the mark of the byte order before a text. */
async function readInput(path: string, stdin: Readable): Promise<string> {
  return (path === '-' ? await readTopic(path, stdin) : await readPath(path)).replace(/^\uFEFF/, '');
}

async function readPath(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new StoryreelError(
      'Project.Invalid',
      `${boundedLine(path, MAX_PATH_BYTES)} cannot be read (${error.code ?? error.message}).`,
    );
  });
}

function parse(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  } catch (error) {
    throw new StoryreelError('Project.Invalid', `The edit is no JSON: ${(error as Error).message}`);
  }
  throw new StoryreelError('Project.Invalid', 'The edit must be a JSON object, as "storyreel edit <id>" prints it.');
}
