import { isFinal, type ProjectStatus } from '../../src/protocol';
import { ask } from '../api/ask';
import type { RunOptions } from '../api/types';
import { t } from '../i18n';
import { curl, type Recipe } from '../parts/copy-as';
import type { Story } from '../story/story';
import { actOn } from './act-on';
import { laneRecipe } from './recipes';
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

export function requestOf(story: Story, command: Command): Request {
  const { id, path } = story;
  const words = t();
  const of = (name: string, verb: string, body: object, cli: string, ts: string): Request => ({
    name,
    path: `${path}/${verb}`,
    body,
    recipe: { curl: curl('POST', `${path}/${verb}`, body), cli, ts },
  });
  switch (command) {
    case 'start':
      return startRequest(story, story.nextRun.value);
    case 'pause':
      return of(words.pause, 'pause', {}, `storyreel pause ${id}`, `await client.pause('${id}')`);
    case 'pause_now': {
      const now = { now: true };
      return of(
        words.pauseNow,
        'pause',
        now,
        `storyreel pause ${id} --now`,
        `await client.pause('${id}', { now: true })`,
      );
    }
    case 'resume':
      return of(words.resume, 'resume', {}, `storyreel resume ${id}`, `await client.resume('${id}')`);
    case 'cancel':
      return of(words.cancel, 'cancel', {}, `storyreel cancel ${id}`, `await client.cancel('${id}')`);
  }
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

/** For a lane that waits for a person. */
export function sendForLane(story: Story, verb: 'retry' | 'skip', lane: string): Promise<boolean> {
  return actOn(story, t()[verb], () => ask('POST', `${story.path}/${verb}`, { lane }));
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
