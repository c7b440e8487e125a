import { isFinal, type ProjectStatus } from '../../src/protocol';
import { ask } from '../api/ask';
import type { RunOptions } from '../api/types';
import { t } from '../i18n';
import { curl, type Recipe } from '../parts/copy-as';
import { laneName } from '../parts/lane-name';
import type { Item } from '../parts/one-by-one';
import type { Story } from '../story/story';
import { actOn } from './act-on';
import { laneRecipe, type Address } from './recipes';
import { undoMessage } from './undo';

export type Command = 'start' | 'pause' | 'pause_now' | 'resume' | 'cancel';

/** The messages that a run with this status accepts; the gateway decides. */
export function commandsFor(status: ProjectStatus | undefined): readonly Command[] {
  if (status === undefined) return [];
  if (status === 'draft' || isFinal(status)) return ['start'];
  if (status === 'paused') return ['resume', 'cancel'];
  if (status === 'queued') return ['cancel'];
  return ['pause', 'pause_now', 'cancel'];
}

interface Request {
  readonly name: string;
  readonly path: string;
  readonly body: object;
  readonly recipe: Recipe;
}

export type Message = Exclude<Command, 'start'>;

/** A message to the run of a film, and how other programs send it. */
export function messageOf({ id, path }: Address, command: Message): Request {
  const { pause, pauseNow, resume, cancel } = t();
  const isNow = command === 'pause_now';
  const verb = isNow ? 'pause' : command;
  const body = isNow ? { now: true } : {};
  return {
    name: { pause, pause_now: pauseNow, resume, cancel }[command],
    path: `${path}/${verb}`,
    body,
    recipe: {
      curl: curl('POST', `${path}/${verb}`, body),
      cli: `storyreel ${verb} ${id}${isNow ? ' --now' : ''}`,
      ts: `await client.${verb}('${id}'${isNow ? ', { now: true }' : ''})`,
    },
  };
}

export function requestOf(story: Story, command: Command): Request {
  return command === 'start' ? startRequest(story, story.nextRun.value) : messageOf(story, command);
}

export async function send(story: Story, command: Command): Promise<boolean> {
  const { name, path, body } = requestOf(story, command);
  if (command === 'start') return startRun(story, name, story.nextRun.value);
  const { undoPause, undoResume } = t();
  const says = { pause: undoPause, pause_now: undoPause, resume: undoResume, cancel: undefined }[command];
  return actOn(
    story,
    name,
    () => ask('POST', path, body),
    says === undefined
      ? undefined
      : () => undoMessage(story, says, requestOf(story, command === 'resume' ? 'pause' : 'resume')),
  );
}

/** The request that starts a run, and how other programs send it. */
export function startRequest(story: Story, options: RunOptions): Request {
  const words = t();
  const { force, keepSettings, replaceEdits, stages = [], scenes = [] } = options;
  const flags = [
    ...stages.map((stage) => `--stage ${stage}`),
    ...scenes.map((scene) => `--scene ${scene}`),
    ...(force ? ['--force'] : []),
    ...(keepSettings ? ['--keep-settings'] : []),
    ...(replaceEdits ? ['--replace-edits'] : []),
  ];
  return {
    name: story.view.value?.runId === undefined ? words.start : words.runAgain,
    path: `${story.path}/start`,
    body: options,
    recipe: {
      curl: curl('POST', `${story.path}/start`, options),
      cli: [`storyreel run ${story.id}`, ...flags].join(' '),
      ts: `await client.start('${story.id}'${Object.keys(options).length > 0 ? `, ${JSON.stringify(options)}` : ''})`,
    },
  };
}

export async function startRun(story: Story, name: string, options: RunOptions): Promise<boolean> {
  const headers = { 'idempotency-key': crypto.randomUUID() };
  const isDone = await actOn(story, name, () => ask('POST', `${story.path}/start`, options, headers));
  // What was chosen was chosen for this run.
  if (isDone) story.nextRun.value = {};
  story.stream.now();
  return isDone;
}

/** For lanes that wait for a person, of a film that is named if it is not the only one. */
export function messagesFor(
  address: Address,
  verb: 'retry' | 'skip',
  lanes: readonly string[],
  film?: string,
): readonly Item[] {
  return lanes.map((lane) => ({
    name: film === undefined ? laneName(lane) : t().list([film, laneName(lane)]),
    path: `${address.path}/${verb}`,
    body: { lane },
    recipe: laneRecipe(address, verb, [lane]),
  }));
}

/** Stops one lane, while the others continue; it waits for a person then. */
export async function stopLane(story: Story, lane: string): Promise<void> {
  const again = { path: `${story.path}/retry`, body: { lane }, recipe: laneRecipe(story, 'retry', [lane]) };
  await actOn(
    story,
    t().stopLane,
    () => ask('POST', `${story.path}/cancel-lane`, { lane }),
    () => undoMessage(story, t().undoStop, again),
  );
}
