import { InvalidArgumentError } from 'commander';
import type { Readable } from 'node:stream';
import {
  checkStages,
  laneParts,
  TEXT_BYTES,
  parseCursor,
  projectIdOfWorkflow,
  STAGES,
  StoryreelError,
  type Cursor,
  type LaneId,
  type ProjectId,
  type StageName,
} from '../protocol';
import { loaded } from './loaded';

/** A project by its id, or by that of its workflow. Throws `Project.NotFound`: what is no id names no project. */
export function projectArgument(text: string): ProjectId {
  return projectIdOfWorkflow(text) ?? loaded.clientInternal.readInput('the project id', text);
}

/** Throws `Stage.Unknown` with the stages that there are. Whether there is one of this package, the client looks up. */
export function stageArgument(text: string): StageName {
  const stage = loaded.clientInternal.readInput('the stage', text);
  if (!stage.includes('.')) checkStages(STAGES, [stage]);
  return stage;
}

/** Throws `Stage.Unknown`; whether there is such a lane, the run knows. */
export function laneArgument(text: string): LaneId {
  const lane = loaded.clientInternal.readInput('the lane', text);
  stageArgument(laneParts(lane).stage);
  return lane;
}

export function cursorArgument(text: string): Cursor {
  const cursor = parseCursor(text);
  if (!cursor) throw new InvalidArgumentError('It must be the "id" of an event, like 1764000000000-0.');
  return cursor;
}

export function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
}

/** Adds a stage to an option that may be given more than once. */
export function addStage(text: string, before: readonly StageName[] = []): readonly StageName[] {
  return [...before, stageArgument(text)];
}

export function addNumber(text: string, before: readonly number[] = []): readonly number[] {
  return [...before, wholeNumber(text)];
}

/** Such as `3,1,2`. */
export function wholeNumbers(text: string): number[] {
  return text.split(',').map((number) => wholeNumber(number.trim()));
}

export function numberOfSeconds(text: string): number {
  return decimal(text, 'It must be a number of seconds, like 3.5.');
}

/** An amount of money. */
export function amount(text: string): number {
  return decimal(text, 'It must be an amount below a billion, like 0.50.');
}

/** Throws with the `rule` for anything but digits, with or without a point between them. */
export function decimal(text: string, rule: string): number {
  if (!/^\d{1,9}(\.\d{1,9})?$/.test(text)) throw new InvalidArgumentError(rule);
  return Number(text);
}

/** Throws `Project.Invalid` for options that play no part where no project is made. */
export function refuseOptionsOfNew(flags: object): void {
  const given = ['scenes', 'style', 'language', 'frame', 'name', 'owner'].find((name) => name in flags);
  if (given === undefined) return;
  throw new StoryreelError(
    'Project.Invalid',
    `--${given} is for projects that are made now. "storyreel edit" changes one that is there.`,
  );
}

/** Input beyond this is no topic, and may have no end. */
const MAX_INPUT_BYTES = 100 * TEXT_BYTES.topic;

/** The topic; `-` reads it from standard input. */
export async function readTopic(topic: string, stdin: Readable): Promise<string> {
  return topic === '-' ? readText(stdin, MAX_INPUT_BYTES) : topic;
}

/** Reads at most `mostBytes` bytes; the rest is left out. */
export async function readText(source: Readable, mostBytes: number): Promise<string> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of source as AsyncIterable<Buffer>) {
    pieces.push(piece);
    bytes += piece.length;
    if (bytes > mostBytes) break;
  }
  return Buffer.concat(pieces).toString('utf8');
}
