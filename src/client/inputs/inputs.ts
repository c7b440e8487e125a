import { z } from 'zod';
import {
  MAX_IN_BATCH,
  MAX_INTEGER,
  MAX_LISTED,
  MAX_SCENES,
  PROJECT_STATUSES,
  SCOPES,
  TEXT_BYTES,
} from '../../protocol';
import {
  language,
  frame,
  projectId,
  stage,
  lane,
  batchId,
  cursor,
  outcomeCursor,
  position,
  record,
  recordOrNone,
  entry,
  budget,
  priority,
  flag,
  stages,
  scenes,
  onFailure,
  signal,
  name,
  names,
  whole,
} from './fields';
import { words, wordsOrNone } from './words';

const A_CENTURY_SECONDS = 3_155_760_000;

const version = whole(0, MAX_INTEGER);

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

/** The fields that an HTTP request has as headers, beside its body. */
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

/**
 * All inputs that people and programs give to the client, by the names that a refusal has for them. Any other input is
 * refused before anything is paid.
 */
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
    .max(MAX_IN_BATCH, `must have at most ${MAX_IN_BATCH} projects`),
  'a project of the batch': project.extend({ priority: priority.optional() }),
  'the options of the batch': z.strictObject({
    atMost: whole(1, MAX_IN_BATCH).optional(),
    batchId: batchId.optional(),
    force: flag.optional(),
    keepSettings: flag.optional(),
    onFailure: onFailure.optional(),
    replaceEdits: flag.optional(),
    stages: stages.optional(),
    gates: stages.optional(),
    priority: priority.optional(),
  }),
  'the deletion': z.strictObject({ purgeHistory: flag.optional(), version: version.optional() }),
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
    limit: whole(1, MAX_LISTED).optional(),
    owner: words(TEXT_BYTES.owner).optional(),
    batch: batchId.optional(),
    text: words(TEXT_BYTES.name).optional(),
    after: z.string('must be a text').optional(),
  }),
  'the list of batches': z.strictObject({
    limit: whole(1, MAX_LISTED).optional(),
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
    limit: whole(1, MAX_LISTED).optional(),
    owner: words(TEXT_BYTES.owner).optional(),
    after: z.string('must be a text').optional(),
  }),
  'the outcomes': z.strictObject({
    limit: whole(1, MAX_LISTED).optional(),
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
  'the page of events': z.strictObject({ after: cursor.optional(), limit: whole(1, MAX_LISTED).optional() }),
  'the watch of the batch': z.strictObject({ signal: signal.optional() }),
  'the pause': z.strictObject({ now: flag.optional() }),
  'the approval': z.strictObject({ version: version.optional() }),
  'the rejection': z.strictObject({
    reason: words(TEXT_BYTES.reason),
    lane: lane.optional(),
    version: version.optional(),
  }),
  'the edit': z.strictObject({
    version: version.optional(),
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
    limit: whole(1, MAX_LISTED),
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
    versionAfter: whole(0, MAX_INTEGER).nullish(),
  }),
  'the actor': words(TEXT_BYTES.by).refine((name) => !/\p{Cc}/u.test(name), 'must have no control characters'),
  'the budget': budget.optional(),
  'the reconciler': z.strictObject({
    graceSeconds: z.number('must be a number of seconds').min(0, 'must be 0 or more').optional(),
    mediaGraceSeconds: z.number('must be a number of seconds').min(0, 'must be 0 or more').optional(),
  }),
} as const;
