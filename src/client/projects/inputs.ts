import { z } from 'zod';
import {
  BATCH_ID,
  boundedLine,
  firstBytes,
  FRAME_RULE,
  isStageName,
  LANGUAGE_RULE,
  MAX_SCENES,
  MOST_IN_BATCH,
  MOST_IN_BATCH_ID,
  MOST_INTEGER,
  MOST_LISTED,
  MOST_STAGES,
  parseBatchId,
  parseCursor,
  parseFrame,
  parseLaneId,
  parseLanguage,
  parseProjectId,
  PRIORITIES,
  PROJECT_STATUSES,
  SCOPES,
  STAGES,
  storable,
  StoryreelError,
  TEXT_BYTES,
  type BatchId,
  type FailureType,
  type LaneId,
  type ProjectId,
  type StageName,
  shownValue,
} from '../../protocol';
import { isSignal } from '../../protocol/viewer';
import { words, wordsOrNone } from './words';

/**
 * All inputs that people and programs give to the client, in one place. Any other input is refused before anything is
 * paid.
 */

const MOST_PARSED = 100;
const MOST_NAME = 200;
const MOST_RECORDED_BYTES = 1_000;
const A_CENTURY_SECONDS = 3_155_760_000;
const STAGE_NAMES = STAGES.map(({ name }) => name).join(', ');

const of = (type: FailureType) => ({ params: { type } });
const whole = (least: number, most: number) =>
  z
    .int(`must be a whole number from ${least} to ${most}`)
    .min(least, `must be a whole number from ${least} to ${most}`)
    .max(most, `must be a whole number from ${least} to ${most}`);

/** What is checked by hand is described for the OpenAPI document. */
const described = (schema: Readonly<Record<string, unknown>>) => z.unknown().meta({ type: 'string', ...schema });

const projectId = described({ format: 'uuid' }).transform((value, context): ProjectId => {
  const id = parseProjectId(value);
  if (id) return id;
  context.addIssue({
    code: 'custom',
    message: `There is no project ${shownValue(value)}: a project id is a UUID. "storyreel status" lists the projects.`,
    ...of('Project.NotFound'),
  });
  return z.NEVER;
});

const stage = described({ enum: STAGES.map(({ name }) => name) }).transform((value, context): StageName => {
  if (isStageName(value)) return value;
  const message = `There is no stage ${shownValue(value)}. The stages are ${STAGE_NAMES}.`;
  context.addIssue({ code: 'custom', message, ...of('Stage.Unknown') });
  return z.NEVER;
});

/** Whether there is such a lane, the run knows. */
const lane = words(TEXT_BYTES.lane).transform((value, context): LaneId => {
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

const batchId = described({ pattern: BATCH_ID.pattern }).transform((value, context): BatchId => {
  const id = parseBatchId(value);
  if (id) return id;
  context.addIssue({
    code: 'custom',
    message: `The name of a batch has ${BATCH_ID.rule}.`,
    params: { type: 'Project.Invalid', broken: { rule: 'no_batch_name', most: MOST_IN_BATCH_ID } },
  });
  return z.NEVER;
});

const cursor = z.string('must be the id of an event').transform((value, context) => {
  const read = parseCursor(value);
  if (read) return read;
  context.addIssue({ code: 'custom', message: 'must be the id of an event, like 1764000000000-0' });
  return z.NEVER;
});

const outcomeCursor = z
  .string('must be the cursor of an outcome')
  .regex(/^\d{1,15}$/, 'must be the cursor of an outcome');

/** The position of an entry of the audit. */
const position = z.string('must be a place in the audit').regex(/^\d{1,18}$/, 'must be a place in the audit');

/** What is recorded as it came, as far as it can be stored: an entry must be possible whatever is asked. */
const record = z.string('must be a text').transform((value) => firstBytes(storable(value), MOST_RECORDED_BYTES));
const recordOrNone = record.nullish();
const entry = z.strictObject({
  action: record,
  requestId: record,
  versionBefore: whole(0, MOST_INTEGER).nullish(),
  by: recordOrNone,
  owner: recordOrNone,
  credential: recordOrNone,
  project: recordOrNone,
  lane: recordOrNone,
  subject: recordOrNone,
  /** Default: now. */
  at: z.date('must be a date').optional(),
});

const budget = z
  .number('must be a number of 0 or more, in the currency of the prices')
  .min(0, 'must be a number of 0 or more, in the currency of the prices');
const priority = z.literal(PRIORITIES, 'must be a whole number from 1 to 5');
const flag = z.boolean('must be true or false');
const stages = z.array(stage, 'must be a list of stages').max(MOST_STAGES).readonly();
const scenes = z.array(whole(1, MAX_SCENES), 'must be a list of scene numbers').max(MAX_SCENES).readonly();
const onFailure = z.enum(['park', 'fail'], 'must be park or fail');
const signal = z.custom<AbortSignal>(isSignal, { error: 'must be an AbortSignal' });
/** The name of a key, a token, a session or a file. Only the database knows whether it exists. */
const name = z
  .string('must be a text')
  .max(MOST_NAME, `must be at most ${MOST_NAME} characters long`)
  .refine((value) => storable(value) === value, 'has a character that no name has');
const names = z.array(name, 'must be a list of names').readonly();

/** A text that is read by `parse`; `examples` are for the OpenAPI document. */
const parsed = (parse: (given: string) => string | undefined, rule: string, examples: readonly string[]) =>
  z
    .string(rule)
    .meta({ minLength: 1, maxLength: MOST_PARSED, examples })
    .transform((value, context): string => {
      const read = parse(value);
      if (read !== undefined) return read;
      context.addIssue({ code: 'custom', message: rule });
      return z.NEVER;
    });
export const language = parsed(parseLanguage, LANGUAGE_RULE, ['en', 'zh', 'pt-BR']);
export const frame = parsed(parseFrame, FRAME_RULE, ['9:16', '1:1', '720x1280']);

const project = z.strictObject({
  topic: words(TEXT_BYTES.topic),
  name: wordsOrNone(TEXT_BYTES.name),
  owner: wordsOrNone(TEXT_BYTES.owner),
  settings: z
    .strictObject({
      scenes: whole(1, MAX_SCENES).optional(),
      style: wordsOrNone(TEXT_BYTES.style),
      language: language.optional(),
      frame: frame.optional(),
    })
    .optional(),
  budget: budget.optional(),
});

const scope = {
  force: flag.optional(),
  keepSettings: flag.optional(),
  stages: stages.optional(),
  scenes: scenes.optional(),
};

/** What names a request, so that a repeated one does nothing twice. */
const request = {
  requestId: words(TEXT_BYTES.requestId).optional(),
  /** Is called if an earlier request with the same id has done it. */
  onRepeated: z.custom<() => void>((given) => typeof given === 'function', 'must be a function').optional(),
};

/** They come beside a body. */
export const OF_REQUEST = { requestId: true, onRepeated: true } as const;

const start = z.strictObject({
  ...scope,
  onFailure: onFailure.optional(),
  gates: stages.optional(),
  ...request,
  join: flag.optional(),
  replaceEdits: flag.optional(),
  priority: priority.optional(),
});

/** Each by its name, as its caller knows it. */
export const INPUTS = {
  'the project id': projectId,
  'the batch id': batchId,
  'the stage': stage,
  'the lane': lane,
  'the project': project,
  'the start': start,
  'what to explain': z.strictObject({ ...scope, changes: z.unknown().optional() }),
  'the batch': z
    .array(z.unknown(), 'must be a list of projects and project ids')
    .max(MOST_IN_BATCH, `must have at most ${MOST_IN_BATCH} projects`),
  'a project of the batch': project.extend({ priority: priority.optional() }),
  'the options of the batch': z.strictObject({
    atMost: whole(1, MOST_IN_BATCH).optional(),
    batchId: batchId.optional(),
    force: flag.optional(),
    keepSettings: flag.optional(),
    onFailure: onFailure.optional(),
    replaceEdits: flag.optional(),
    stages: stages.optional(),
    gates: stages.optional(),
    priority: priority.optional(),
  }),
  'the deletion': z.strictObject({ purgeHistory: flag.optional() }),
  'the creation': z.strictObject(request),
  'the key': z.strictObject({
    name: words(TEXT_BYTES.name),
    owner: words(TEXT_BYTES.owner).optional(),
    scopes: z
      .array(z.enum(SCOPES), 'must be a list of scopes')
      .min(1, 'must name a scope')
      .max(SCOPES.length, `must have at most ${SCOPES.length}`)
      .optional(),
    expiresInDays: z.number('must be a number of days').positive('must be more than 0').max(36_500).optional(),
  }),
  'the list': z.strictObject({
    status: z.enum(PROJECT_STATUSES, `must be one of ${PROJECT_STATUSES.join(', ')}`).optional(),
    limit: whole(1, MOST_LISTED).optional(),
    owner: words(TEXT_BYTES.owner).optional(),
    batch: batchId.optional(),
    text: words(TEXT_BYTES.name).optional(),
    after: z.string('must be a text').optional(),
  }),
  'the list of batches': z.strictObject({
    limit: whole(1, MOST_LISTED).optional(),
    owner: words(TEXT_BYTES.owner).optional(),
    prefix: z.string('must be a text').optional(),
    after: z.string('must be a text').optional(),
  }),
  /** As for a creation, which may not be complete yet. */
  'the estimate': project.extend({
    topic: wordsOrNone(TEXT_BYTES.topic),
    stages: stages.optional(),
    start: start.omit(OF_REQUEST).optional(),
  }),
  'the review': z.strictObject({
    limit: whole(1, MOST_LISTED).optional(),
    owner: words(TEXT_BYTES.owner).optional(),
    after: z.string('must be a text').optional(),
  }),
  'the outcomes': z.strictObject({
    limit: whole(1, MOST_LISTED).optional(),
    owner: words(TEXT_BYTES.owner).optional(),
    after: outcomeCursor.optional(),
  }),
  'the reading of outcomes': z.strictObject({
    owner: words(TEXT_BYTES.owner).optional(),
    after: outcomeCursor.optional(),
    signal: signal.optional(),
  }),
  'the watch': z.strictObject({
    from: cursor.optional(),
    signal: signal.optional(),
    /** Receives whether the log can be reached. */
    onLog: z
      .custom<(state: 'live' | 'away') => void>((given) => typeof given === 'function', 'must be a function')
      .optional(),
  }),
  'the page of events': z.strictObject({ after: cursor.optional(), limit: whole(1, MOST_LISTED).optional() }),
  'the watch of the batch': z.strictObject({ signal: signal.optional() }),
  'the pause': z.strictObject({ now: flag.optional() }),
  'the rejection': z.strictObject({ reason: words(TEXT_BYTES.reason), lane: lane.optional() }),
  'the edit': z.strictObject({
    version: whole(0, MOST_INTEGER).optional(),
    by: words(TEXT_BYTES.by).optional(),
  }),
  'the name': name,
  'the names': names,
  'the secret': z.string('must be a text'),
  'the session': z.strictObject({ keyId: name.optional(), tokenId: name.optional() }),
  'the token': z.strictObject({
    name: words(TEXT_BYTES.name).optional(),
    seconds: z.number('must be a number of seconds').positive('must be more than 0').max(A_CENTURY_SECONDS),
  }),
  'the page of the audit': z.strictObject({
    owner: words(TEXT_BYTES.owner).optional(),
    project: name.optional(),
    after: position.optional(),
    limit: whole(1, MOST_LISTED),
  }),
  'the action': record,
  'the position in the audit': position,
  'the entry of the audit': entry,
  'the ended entry of the audit': entry.extend({ status: whole(0, 999), code: record.nullable() }),
  'the outcome of an action': z.strictObject({
    status: whole(0, 999),
    code: record.nullable(),
    project: recordOrNone,
    lane: recordOrNone,
    subject: recordOrNone,
    versionAfter: whole(0, MOST_INTEGER).nullish(),
  }),
  'the actor': words(TEXT_BYTES.by).refine((name) => !/\p{Cc}/u.test(name), 'must have no control characters'),
  'the budget': budget.optional(),
  'the reconciler': z.strictObject({
    graceSeconds: z.number('must be a number of seconds').min(0, 'must be 0 or more').optional(),
    mediaGraceSeconds: z.number('must be a number of seconds').min(0, 'must be 0 or more').optional(),
  }),
} as const;

type Inputs = typeof INPUTS;

/** An undefined field counts as absent. */
export type Given<T> = T extends readonly unknown[] | string | number
  ? T
  : T extends object
    ? { [Key in keyof T]: Exclude<T[Key], undefined> }
    : T;
/** An input as it is after it was checked. */
export type Read<Name extends keyof Inputs> = Given<z.output<Inputs[Name]>>;

/**
 * Reads and checks an input. Throws `Project.Invalid`, `Project.NotFound` or `Stage.Unknown`; the message names the
 * faulty field.
 */
export function read<Name extends keyof Inputs>(name: Name, given: unknown): Read<Name> {
  const data = parse<unknown>(name, INPUTS[name], given) as z.output<Inputs[Name]>;
  if (typeof data !== 'object' || Array.isArray(data)) return data as Read<Name>;
  return Object.fromEntries(Object.entries(data).filter(([, value]) => value !== undefined)) as Read<Name>;
}

/** Throws for what the schema refuses, and for what cannot even be looked at, as an object whose getter throws. */
export function parse<T>(what: string, schema: z.ZodType<T>, given: unknown): T {
  try {
    const parsed = schema.safeParse(given);
    if (parsed.success) return parsed.data;
    throw refusalOf(what, parsed.error.issues);
  } catch (error) {
    if (error instanceof StoryreelError) throw error;
    throw refusedInput(what, 'it: cannot be read', error);
  }
}

/** One error for all that is wrong, of the kind of the first. */
function refusalOf(what: string, issues: readonly z.core.$ZodIssue[]): StoryreelError {
  const custom = issues.find((issue) => issue.code === 'custom' && issue.params?.['type'] !== undefined);
  if (custom?.code === 'custom') return new StoryreelError(custom.params?.['type'] as FailureType, custom.message);
  const faults = issues.slice(0, MOST_FAULTS).map(({ path, message }) => `${path.join('.') || 'it'}: ${message}`);
  return refusedInput(what, faults.join('; '));
}

/** The one form of a refused input: `The project cannot be taken. topic: must not be empty.` */
export function refusedInput(what: string, why: string, cause?: unknown): StoryreelError {
  const subject = what.charAt(0).toUpperCase() + what.slice(1);
  const message = boundedLine(`${subject} cannot be taken. ${why}.`, MOST_BYTES);
  return new StoryreelError('Project.Invalid', message, { cause });
}

const MOST_FAULTS = 5;
const MOST_BYTES = 1_000;
