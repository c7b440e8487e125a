import type { PayloadCodec } from '@temporalio/common';
import type { NativeConnection } from '@temporalio/worker';
import type { Config, Settings } from '../config';
import type { Logger } from '../logger';
import { StoryreelError } from '../protocol';
import type { ProviderAdapters } from '../providers';
import type { OutsideStage } from '../stages';
import type { HostActivities } from './host-activities';

/** What a worker takes from the program around it. */
export interface CreateWorkerOptions {
  /** By the names of docs/configuration.md. Only the keys of providers are read from the environment. */
  readonly settings: Config | Settings;
  /** The default writes JSON lines to standard error. */
  readonly logger?: Logger;
  /** Aborts the waiting for what the worker needs. */
  readonly signal?: AbortSignal;
  /** A connection that the program has already. The worker does not close it. */
  readonly connection?: NativeConnection;
  /** Takes the place of PAYLOAD_KEY_FILE. The clients need the same codecs. */
  readonly payloadCodecs?: readonly PayloadCodec[];
  /** Stages that a package brings, each after those that it needs. They are part of every run that names none. */
  readonly stages?: readonly OutsideStage[];
  /** Adapters that a package brings, by the names that rows of `model_providers` have for them. */
  readonly providers?: ProviderAdapters;
  /** Activities that workflows of the program around it call, by the task queue of the settings. */
  readonly activities?: HostActivities;
}

/** The options besides settings and logger, which always have a value. */
export type WorkerExtras = Omit<CreateWorkerOptions, 'settings' | 'logger'>;

type Fields = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const has = (value: unknown, ...names: readonly string[]) =>
  isObject(value) && names.every((name) => typeof value[name] === 'function');
/** A hole in the list is an item as well; `every` alone would leave it out. */
const listOf = (value: unknown, fits: (item: unknown) => boolean) =>
  Array.isArray(value) && Array.from<unknown>(value).every(fits);
const isText = (value: unknown) => typeof value === 'string';

/** What each option must be, if it is given. The settings have a reader of their own (`configOf`). */
const RULES: Readonly<
  Record<
    Exclude<keyof CreateWorkerOptions, 'settings'>,
    { readonly fits: (value: unknown) => boolean; readonly rule: string }
  >
> = {
  logger: { fits: (value) => has(value, 'info'), rule: 'must be a logger' },
  signal: {
    fits: (value) => has(value, 'addEventListener', 'removeEventListener', 'throwIfAborted'),
    rule: 'must be an AbortSignal',
  },
  connection: { fits: isObject, rule: 'must be a NativeConnection of @temporalio/worker' },
  payloadCodecs: {
    fits: (value) => listOf(value, (codec) => has(codec, 'encode', 'decode')),
    rule: 'must be a list of payload codecs',
  },
  stages: { fits: (value) => listOf(value, isStage), rule: 'must be a list of stages' },
  providers: {
    fits: (value) => isObject(value) && Object.values(value).every(isObject),
    rule: 'must be adapters by their names',
  },
  activities: {
    fits: (value) => isObject(value) && Object.values(value).every((each) => typeof each === 'function'),
    rule: 'must be functions by their names',
  },
};

/** Throws `Config.Invalid` with the name of the option that is wrong. */
export function readOptions(given: CreateWorkerOptions): CreateWorkerOptions {
  try {
    if (!isObject(given)) throw invalid('they must be an object');
    const read: Record<string, unknown> & { settings: Config | Settings } = { settings: given.settings };
    for (const [name, { fits, rule }] of Object.entries(RULES)) {
      const value = given[name];
      if (value === undefined) continue;
      if (!fits(value)) throw invalid(`"${name}" ${rule}`);
      read[name] = value;
    }
    return read;
  } catch (error) {
    throw error instanceof StoryreelError ? error : invalid('one of them cannot be read', error);
  }
}

function isStage(value: unknown): boolean {
  if (!isObject(value) || !isText(value['name']) || !listOf(value['needs'], isText)) return false;
  return value['without'] === undefined || listOf(value['without'], isText);
}

function invalid(why: string, cause?: unknown): StoryreelError {
  return new StoryreelError('Config.Invalid', `The options of the worker cannot be taken: ${why}.`, { cause });
}
