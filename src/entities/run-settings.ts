import { StoryreelError } from '../protocol';
import { count, fields, flag, Misshapen, oneOf, text, type Reader } from '../protocol/viewer';

/** A model as a run has chosen it. Each worker has its own address and key for it. */
export interface ModelSetting {
  /** A row of `model_providers` by its name, or `environment`. */
  readonly provider: string;
  readonly model: string;
  readonly jsonSchema: boolean;
  readonly continuation: 'none' | 'prefill';
  /** Whether the worker that chose it could ask it, and with a key. */
  readonly configured: boolean;
  readonly keyed: boolean;
}

/**
 * The settings that shape the results of a run, beside the project itself: fixed when the run opens, the same for every
 * worker.
 */
export interface RunSettings {
  readonly models: { readonly text: ModelSetting; readonly image: ModelSetting; readonly video: ModelSetting };
  /** `WIDTHxHEIGHT`, in pixels. */
  readonly frameSize: string;
  readonly maxTextBytes: number;
}

const model: Reader<ModelSetting> = fields({
  provider: text,
  model: text,
  jsonSchema: flag,
  continuation: oneOf(['none', 'prefill']),
  configured: flag,
  keyed: flag,
});
const settings: Reader<RunSettings> = fields({
  models: fields({ text: model, image: model, video: model }),
  frameSize: text,
  maxTextBytes: count,
});

/** Settings as a column of `jsonb` has them; `column` names it. Throws one clear failure if they are damaged. */
export function readRunSettings(value: unknown, column: string): RunSettings {
  return stored(settings, value, column);
}

/** What a column of `jsonb` has, which anybody with access to the database can write. */
export function stored<T>(read: Reader<T>, value: unknown, column: string): T {
  try {
    return read(value);
  } catch (cause) {
    const why = cause instanceof Misshapen ? cause.message : 'it cannot be read';
    throw new StoryreelError('Internal', `${column} in Postgres is damaged: ${why}. Restore the row.`, { cause });
  }
}
