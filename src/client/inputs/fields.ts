import { z } from 'zod';
import {
  BATCH_ID,
  firstBytes,
  FRAME_RULE,
  isStageName,
  LANGUAGE_RULE,
  MAX_SCENES,
  MAX_BATCH_ID_LENGTH,
  MAX_INTEGER,
  MAX_STAGES,
  parseBatchId,
  parseCursor,
  parseFrame,
  parseLaneId,
  parseLanguage,
  parseProjectId,
  PRIORITIES,
  shownValue,
  STAGES,
  storable,
  TEXT_BYTES,
  type BatchId,
  type FailureType,
  type LaneId,
  type ProjectId,
  type StageName,
} from '../../protocol';
import { isSignal } from '../../protocol/viewer';
import { words } from './words';

const MAX_PARSED = 100;
const MAX_NAME = 200;
const MAX_RECORDED_BYTES = 1_000;
const STAGE_NAMES = STAGES.map(({ name }) => name).join(', ');

const of = (type: FailureType) => ({ params: { type } });
export const whole = (least: number, most: number) => {
  const message = `must be a whole number from ${least} to ${most}`;
  return z.int(message).min(least, message).max(most, message);
};

/** What is checked by hand is described for the OpenAPI document. */
const described = (schema: Readonly<Record<string, unknown>>) => z.unknown().meta({ type: 'string', ...schema });

export const projectId = described({ format: 'uuid' }).transform((value, context): ProjectId => {
  const id = parseProjectId(value);
  if (id) return id;
  context.addIssue({
    code: 'custom',
    message: `There is no project ${shownValue(value)}: a project id is a UUID. "storyreel status" lists the projects.`,
    ...of('Project.NotFound'),
  });
  return z.NEVER;
});

export const stage = described({ enum: STAGES.map(({ name }) => name) }).transform((value, context): StageName => {
  if (isStageName(value)) return value;
  const message = `There is no stage ${shownValue(value)}. The stages are ${STAGE_NAMES}.`;
  context.addIssue({ code: 'custom', message, ...of('Stage.Unknown') });
  return z.NEVER;
});

/** Whether there is such a lane, the run knows. */
export const lane = words(TEXT_BYTES.lane).transform((value, context): LaneId => {
  const lane = parseLaneId(value);
  if (lane) return lane;
  const [stage] = value.split('/');
  context.addIssue(
    isStageName(stage)
      ? { code: 'custom', message: `There is no lane ${shownValue(value)}: a scene's lane is like image_generation/3.` }
      : {
          code: 'custom',
          message: `There is no stage ${shownValue(stage)}. The stages are ${STAGE_NAMES}.`,
          ...of('Stage.Unknown'),
        },
  );
  return z.NEVER;
});

export const batchId = described({ pattern: BATCH_ID.pattern }).transform((value, context): BatchId => {
  const id = parseBatchId(value);
  if (id) return id;
  context.addIssue({
    code: 'custom',
    message: `The name of a batch has ${BATCH_ID.rule}.`,
    params: { type: 'Project.Invalid', broken: { rule: 'no_batch_name', most: MAX_BATCH_ID_LENGTH } },
  });
  return z.NEVER;
});

export const cursor = z.string('must be the id of an event').transform((value, context) => {
  const read = parseCursor(value);
  if (read) return read;
  context.addIssue({ code: 'custom', message: 'must be the id of an event, like 1764000000000-0' });
  return z.NEVER;
});

export const outcomeCursor = z
  .string('must be the cursor of an outcome')
  .regex(/^\d{1,15}$/, 'must be the cursor of an outcome');

/** The position of an entry of the audit. */
export const position = z.string('must be a place in the audit').regex(/^\d{1,18}$/, 'must be a place in the audit');

/** What is recorded as it came, as far as it can be stored: an entry must be possible whatever is asked. */
export const record = z.string('must be a text').transform((value) => firstBytes(storable(value), MAX_RECORDED_BYTES));
export const recordOrNone = record.nullish();
export const entry = z.strictObject({
  action: record,
  requestId: record,
  versionBefore: whole(0, MAX_INTEGER).nullish(),
  by: recordOrNone,
  owner: recordOrNone,
  credential: recordOrNone,
  project: recordOrNone,
  lane: recordOrNone,
  subject: recordOrNone,
  /** Default: now. */
  at: z.date('must be a date').optional(),
});

export const budget = z
  .number('must be a number of 0 or more, in the currency of the prices')
  .min(0, 'must be a number of 0 or more, in the currency of the prices');
export const priority = z.literal(PRIORITIES, 'must be a whole number from 1 to 5');
export const flag = z.boolean('must be true or false');
export const stages = z.array(stage, 'must be a list of stages').max(MAX_STAGES).readonly();
export const scenes = z.array(whole(1, MAX_SCENES), 'must be a list of scene numbers').max(MAX_SCENES).readonly();
export const onFailure = z.enum(['park', 'fail'], 'must be park or fail');
export const signal = z.custom<AbortSignal>(isSignal, { error: 'must be an AbortSignal' });
/** The name of a key, a token, a session or a file. Only the database knows whether it exists. */
export const name = z
  .string('must be a text')
  .max(MAX_NAME, `must be at most ${MAX_NAME} characters long`)
  .refine((value) => storable(value) === value, 'has a character that no name has');
export const names = z.array(name, 'must be a list of names').readonly();

/** A text that is read by `parse`; `examples` are for the OpenAPI document. */
const parsed = (parse: (given: string) => string | undefined, rule: string, examples: readonly string[]) =>
  z
    .string(rule)
    .meta({ minLength: 1, maxLength: MAX_PARSED, examples })
    .transform((value, context): string => {
      const read = parse(value);
      if (read !== undefined) return read;
      context.addIssue({ code: 'custom', message: rule });
      return z.NEVER;
    });
export const language = parsed(parseLanguage, LANGUAGE_RULE, ['en', 'zh', 'pt-BR']);
export const frame = parsed(parseFrame, FRAME_RULE, ['9:16', '1:1', '720x1280']);
