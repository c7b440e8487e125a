/** An operation of the OpenAPI document, as far as its headers depend on it. */
export interface DescribedOperation {
  parameters?: object[];
  readonly responses: Record<string, { headers?: object }>;
}

interface At {
  /** As in `PATCH /v1/projects/{id}`. */
  readonly operation: string;
  readonly answers: (status: number) => boolean;
}

interface Header {
  readonly name: string;
  readonly description: string;
  readonly example: string;
}

interface TakenHeader extends Header {
  readonly isTakenBy: (at: At) => boolean;
  readonly isNeeded?: (at: At) => boolean;
}

const EDIT = 'PATCH /v1/projects/{id}';
const TAG = '"v7-Qm9kZ2Vz"';

/** Whatever an operation does with a header is done where it is used; here, programs learn that there is one. */
const TAKEN: readonly TakenHeader[] = [
  {
    name: 'If-Match',
    description: 'The ETag that the change was made from, or `*` for any; 412 if the project was edited since.',
    example: TAG,
    isTakenBy: ({ operation }) => [EDIT, 'DELETE /v1/projects/{id}'].includes(operation),
    isNeeded: ({ operation }) => operation === EDIT,
  },
  {
    name: 'If-None-Match',
    description: 'The ETag of what the caller has already; 304 if there is nothing new.',
    example: TAG,
    isTakenBy: ({ answers }) => answers(304),
  },
  {
    name: 'Prefer',
    description: '`wait=30` waits up to 30 seconds, and 60 at most, for something that `If-None-Match` does not name.',
    example: 'wait=30',
    isTakenBy: ({ operation }) => operation === 'GET /v1/projects/{id}',
  },
  {
    name: 'Idempotency-Key',
    description: 'The name of this request. The same name and body again do nothing twice, and have the same answer.',
    example: 'order-17',
    isTakenBy: ({ operation }) => ['POST /v1/projects', 'POST /v1/projects/{id}/start'].includes(operation),
  },
  {
    name: 'Last-Event-ID',
    description: 'The id of the last event that the caller has; counts more than `cursor`.',
    example: '1795488187002-0',
    isTakenBy: ({ operation }) => operation === 'GET /v1/projects/{id}/events',
  },
  {
    name: 'Range',
    description: 'The part that is wanted, in bytes.',
    example: 'bytes=0-1023',
    isTakenBy: ({ answers }) => answers(206),
  },
  {
    name: 'If-Range',
    description: 'The ETag of which the caller has a part; the whole comes if it is another one now.',
    example: '"4c4d3625"',
    isTakenBy: ({ answers }) => answers(206),
  },
  {
    name: 'Storyreel-By',
    description: 'For whom a backend acts, percent-encoded; for the audit.',
    example: 'ann',
    isTakenBy: ({ operation, answers }) => answers(409) && !/explain$|estimates$/.test(operation),
  },
];

interface GivenHeader extends Header {
  readonly isGivenBy: (at: At, status: number) => boolean;
}

const GIVEN: readonly GivenHeader[] = [
  {
    name: 'ETag',
    description: 'The version of what was answered.',
    example: TAG,
    isGivenBy: ({ operation, answers }, status) =>
      [200, 206, 304].includes(status) && (answers(304) || operation === EDIT),
  },
  {
    name: 'Location',
    description: 'The address of what was made, or of the film.',
    example: '/v1/projects/0b0f4a4f-acfe-4388-9c75-1629d1b78700',
    isGivenBy: ({ operation }, status) =>
      status === 302 || (/^POST \/v1\/(projects|batches)$/.test(operation) && [201, 202].includes(status)),
  },
  {
    name: 'Idempotency-Replayed',
    description: '`true` if an earlier request of the same name has done it.',
    example: 'true',
    isGivenBy: ({ operation }, status) => /^POST \/v1\/projects(\/\{id\}\/start)?$/.test(operation) && status < 300,
  },
  {
    name: 'Content-Range',
    description: 'Which part of how many bytes.',
    example: 'bytes 0-1023/23257',
    isGivenBy: (_at, status) => status === 206 || status === 416,
  },
  {
    name: 'Retry-After',
    description: 'Seconds after which to ask again.',
    example: '2',
    isGivenBy: (_at, status) => status === 429 || status === 503,
  },
];

/** Adds the headers that an operation takes and gives. */
export function describeHeaders(method: string, path: string, operation: DescribedOperation): void {
  const { responses } = operation;
  const at: At = { operation: `${method.toUpperCase()} ${path}`, answers: (status) => status in responses };
  const taken = TAKEN.filter(({ isTakenBy }) => isTakenBy(at)).map(({ isNeeded, ...header }) => ({
    ...described(header),
    name: header.name,
    in: 'header',
    required: isNeeded?.(at) === true,
  }));
  if (taken.length > 0) operation.parameters = [...(operation.parameters ?? []), ...taken];
  for (const [status, response] of Object.entries(responses)) {
    const given = GIVEN.filter(({ isGivenBy }) => isGivenBy(at, Number(status)));
    if (given.length > 0) response.headers = Object.fromEntries(given.map((each) => [each.name, described(each)]));
  }
}

function described({ description, example }: Header): object {
  return { description, schema: { type: 'string', examples: [example] } };
}
