import { z } from 'zod';
import { INPUTS } from '../client/internal';
import { FIELD_RULES, FINAL_STATUSES, MAX_LISTED, PROJECT_STATUSES, SCOPES, SHA256, STATUSES } from '../protocol';

/**
 * The inputs and answers of the gateway, as zod schemas: validators, types and OpenAPI at once. The inputs are those of
 * the client. Answers may get more fields later: ignore unknown ones.
 */

/** Named parts of the OpenAPI document. */
export const components = z.registry<{ id: string }>();

export function named<T extends z.ZodType>(id: string, schema: T): T {
  components.add(schema, { id });
  return schema;
}

/** A value that an address or a body carries as text, whatever type it is read as. */
export function textual<T extends z.ZodType>(schema: T) {
  const read = schema instanceof z.ZodPipe ? (schema.in as z.ZodType) : schema;
  return z
    .string()
    .meta(read.meta() ?? {})
    .transform((value): unknown => value)
    .pipe(schema);
}

export const projectParams = z.strictObject({ id: textual(INPUTS['the project id']) });
export const mediaParams = projectParams.extend({
  sha256: z.string().regex(SHA256, 'must be a SHA-256 in hexadecimal'),
});
/** How many items a page of a list has at most. */
export const pageLimit = z.coerce.number().int().min(1).max(MAX_LISTED);
/** What a list of an owner takes. */
export const pageQuery = z.strictObject({
  owner: z.string().optional(),
  limit: pageLimit.optional(),
  after: z.string().optional(),
});
export const nothing = z.strictObject({});
/** An answer without a body. */
export const empty = z.null();

export const problem = named(
  'Problem',
  z.looseObject({
    type: z.string(),
    code: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    hint: z.string(),
    instance: z.string(),
    retryable: z.boolean(),
    errors: z
      .array(
        z.looseObject({
          pointer: z.string(),
          detail: z.string(),
          rule: z.enum(FIELD_RULES).optional(),
          least: z.number().optional(),
          most: z.number().optional(),
        }),
      )
      .optional(),
    scope: z.enum(SCOPES).optional(),
    version: z.int().optional(),
    retry_after: z.int().optional(),
  }),
);

export const eventError = named(
  'EventError',
  z.looseObject({
    type: z.string(),
    message: z.string(),
    retryable: z.boolean(),
    issues: z.array(z.string()).optional(),
  }),
);

const film = z.looseObject({
  asset: z.string(),
  sha256: z.string(),
  bytes: z.number(),
  duration: z.number(),
  scenes: z.int(),
  stills: z.array(z.int()).optional(),
  missing_scenes: z.array(z.int()).optional(),
});

const usage = z.looseObject({
  input_tokens: z.number(),
  output_tokens: z.number(),
  useful_tokens: z.number(),
  wasted_tokens: z.number(),
  cost: z.number().optional(),
});

export const projectStatus = z.enum(PROJECT_STATUSES);
const laneStatus = z.enum(STATUSES);

export const projectView = named(
  'Project',
  z.looseObject({
    projectId: z.string(),
    name: z.string(),
    topic: z.string(),
    status: projectStatus,
    workflowId: z.string(),
    version: z.int(),
    runId: z.string().optional(),
    temporalUrl: z.string().optional(),
    error: eventError.optional(),
    stages: z.array(
      z.looseObject({ stage: z.string(), status: laneStatus, attempt: z.int(), error: eventError.optional() }),
    ),
    lanes: z.array(
      z.looseObject({
        lane: z.string(),
        status: laneStatus,
        attempt: z.int(),
        error: eventError.optional(),
        waitsFor: eventError.optional(),
        cost: z.number().optional(),
      }),
    ),
    film: film.optional(),
    language: z.string().optional(),
    frame: z.string().optional(),
    usage,
    budget: z.number().optional(),
    reserved: z.number().optional(),
  }),
);

const workerWait = z.looseObject({
  since: z.iso.datetime(),
  noWorker: z.literal(true).optional(),
  queued: z.int().optional(),
});
export const runWaits = named(
  'Waits',
  z.looseObject({
    at: z.iso.datetime(),
    run: workerWait.optional(),
    lanes: z.array(
      z.looseObject({
        ...workerWait.partial().shape,
        lane: z.string(),
        attempt: z.int(),
        retryAt: z.iso.datetime().optional(),
        lost: z.literal(true).optional(),
      }),
    ),
  }),
);

export const projectPage = named(
  'ProjectPage',
  z.looseObject({
    projects: z.array(
      z.looseObject({
        projectId: z.string(),
        name: z.string(),
        topic: z.string(),
        status: projectStatus,
        createdAt: z.iso.datetime(),
        owner: z.string().optional(),
        batchId: z.string().optional(),
        summary: z.looseObject({
          stages: z.array(z.looseObject({ stage: z.string(), status: laneStatus })),
          cost: z.number().optional(),
          budget: z.number().optional(),
          poster: z.looseObject({ sha256: z.string(), media_type: z.string() }).optional(),
          gate: z.string().optional(),
          parked: z.array(z.string()),
        }),
      }),
    ),
    next: z.string().optional(),
  }),
);

export const reviewPage = named(
  'ReviewPage',
  z.looseObject({
    items: z.array(
      z.looseObject({
        kind: z.enum(['gate', 'lane']),
        projectId: z.string(),
        name: z.string(),
        owner: z.string().optional(),
        batchId: z.string().optional(),
        stage: z.string(),
        lane: z.string().optional(),
        status: laneStatus,
        since: z.iso.datetime(),
        error: eventError.optional(),
      }),
    ),
    next: z.string().optional(),
  }),
);

export const outcomePage = named(
  'OutcomePage',
  z.looseObject({
    outcomes: z.array(
      z.looseObject({
        id: z.string(),
        cursor: z.string(),
        projectId: z.string(),
        runId: z.string().optional(),
        owner: z.string().optional(),
        batchId: z.string().optional(),
        status: z.enum(FINAL_STATUSES),
        error: eventError.optional(),
        endedAt: z.iso.datetime(),
      }),
    ),
    next: z.string(),
  }),
);

const price = z.number().optional();
export const providerList = named(
  'Providers',
  z.looseObject({
    providers: z.array(
      z.looseObject({
        kind: z.enum(['text', 'image', 'video']),
        name: z.string(),
        model: z.string(),
        host: z.string().optional(),
        key: z.enum(['set', 'missing', 'none']).optional(),
        enabled: z.boolean(),
        chosen: z.boolean(),
        prices: z
          .looseObject({
            inputPerMillion: price,
            outputPerMillion: price,
            perImage: price,
            perSecond: price,
            perVideo: price,
          })
          .nullable(),
        can: z.looseObject({
          jsonSchema: z.boolean(),
          continuation: z.string(),
          idempotencyKey: z.boolean(),
          sizes: z.array(z.string()).optional(),
          seconds: z.array(z.number()).optional(),
        }),
      }),
    ),
  }),
);

const range = z.looseObject({ least: z.number(), most: z.number() });
export const filmEstimate = named(
  'Estimate',
  z.looseObject({
    scenes: z.int(),
    stages: z.array(
      z.looseObject({
        stage: z.string(),
        provider: z.string(),
        model: z.string(),
        calls: z.int(),
        unit: z.enum(['token', 'image', 'second']),
        amount: range,
        cost: range.nullable(),
      }),
    ),
    cost: range.nullable(),
  }),
);

export const startedRun = named('StartedRun', z.looseObject({ workflowId: z.string(), runId: z.string() }));
export const createdProject = named(
  'CreatedProject',
  z.looseObject({ projectId: z.string(), run: startedRun.optional() }),
);
export const editedProject = z.looseObject({ version: z.int() });

export const editable = named(
  'Editable',
  z.looseObject({
    version: z.int(),
    topic: z.string(),
    settings: z.looseObject({ language: z.string().nullable(), frame: z.string().nullable() }),
    rewrite: z.string().optional(),
    scenes: z.array(
      z.looseObject({
        scene_number: z.int(),
        narration: z.string(),
        visual_prompt: z.string(),
        shot_type: z.string(),
        duration: z.number(),
        camera: z.looseObject({ movement: z.string(), speed: z.string() }).optional(),
      }),
    ),
    order: z.array(z.int()),
    text: z.looseObject({ lane: z.string(), content: z.string() }).optional(),
  }),
);

export const textEdits = z.looseObject({
  edits: z.array(
    z.looseObject({
      lane: z.string(),
      version: z.int(),
      by: z.string().optional(),
      at: z.iso.datetime(),
      fence: z.looseObject({ before: z.number(), after: z.number() }),
      commonPrefixBytes: z.int(),
      sha256: z.looseObject({ before: z.string(), after: z.string() }),
      previousText: z.string(),
    }),
  ),
});

export const explanation = named(
  'Explanation',
  z.looseObject({
    projectId: z.string(),
    version: z.int(),
    lanes: z.array(
      z.looseObject({
        lane: z.string(),
        reason: z.enum(['new', 'changed', 'depends', 'forced', 'reused', 'unknown']),
        changed: z.array(z.string()).optional(),
        on: z.array(z.string()).optional(),
        wasted: z.int().optional(),
        edited: z.literal(true).optional(),
        replaces: z.literal(true).optional(),
      }),
    ),
    estimate: filmEstimate,
    settings: z.looseObject({}).optional(),
  }),
);

export const messageAnswer = named(
  'MessageAnswer',
  z.looseObject({
    status: z.string(),
    lanes: z.array(z.string()),
    runId: z.string(),
    fence: z.number(),
  }),
);
export const lanesAnswer = z.looseObject({ lanes: z.array(z.string()) });
export const cancelAnswer = z.looseObject({
  kind: z.enum(['requested', 'already_requested', 'not_running']),
  status: projectStatus.optional(),
});

/** The common fields of a stream's events; docs/protocol.md has each type. */
export const storyEvent = named('StoryEvent', z.looseObject({ type: z.string(), id: z.string().optional() }));
