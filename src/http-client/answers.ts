import type {
  BatchPage,
  BatchView,
  CancelResult,
  EditableProject,
  EditedProject,
  FilmEstimate,
  OutcomePage,
  PaidCall,
  ProjectExplanation,
  ProjectPage,
  ProjectView,
  ProviderView,
  ReviewPage,
  RunWaits,
  StartedBatch,
  StartedRun,
  TextEditView,
} from '../client';
import { PROJECT_STATUSES, STATUSES, type MessageAnswer } from '../protocol';
import {
  count,
  fields,
  flag,
  list,
  Misshapen,
  oneOf,
  readError,
  readLaneId as lane,
  readProjectId,
  record,
  SCENE_READERS,
  text,
  type Reader,
} from '../protocol/viewer';

/**
 * What the gateway's answers must have. `shaped` leaves the rest as it came: a newer gateway may send more fields.
 */
function shaped<T>(check: Reader<unknown>): Reader<T> {
  return (value, at) => {
    check(value, at);
    return value as T;
  };
}

const projectStatus = oneOf(PROJECT_STATUSES);
const laneStatus = oneOf(STATUSES);
const error = { error: readError };

/** The readers of the dates below turn texts into them. */
const date: Reader<Date> = (value, at = '') => {
  const read = new Date(text(value, at));
  if (Number.isNaN(read.getTime())) throw new Misshapen(at, 'a date');
  return read;
};

/** The fields of `check`, as it reads them, beside all that came. */
function extended<T>(check: Reader<object>): Reader<T> {
  return (value, at) => ({ ...record(value, at), ...check(value, at) }) as T;
}

export const createdProject = fields({ projectId: readProjectId });
export const laneList = fields({ lanes: list(lane) });
export const cancelledBatch = fields({ cancelled: flag });

export const startedRun = shaped<StartedRun>(fields({ workflowId: text, runId: text }));
export const messageAnswer = shaped<MessageAnswer>(
  fields({ status: text, lanes: list(lane), runId: text, fence: count }),
);
export const editedProject = shaped<EditedProject>(fields({ version: count }));
export const cancelResult = shaped<CancelResult>(
  fields({ kind: oneOf(['requested', 'already_requested', 'not_running']) }, { status: projectStatus }),
);
export const explanation = shaped<ProjectExplanation>(fields({ projectId: text, version: count, lanes: list(record) }));

export const projectView = extended<ProjectView>(
  fields(
    {
      projectId: text,
      name: text,
      topic: text,
      status: projectStatus,
      workflowId: text,
      version: count,
      stages: list(extended(fields({ stage: text, status: laneStatus, attempt: count }, error))),
      lanes: list(extended(fields({ lane, status: laneStatus, attempt: count }, { ...error, waitsFor: readError }))),
      usage: record,
    },
    error,
  ),
);

export const runWaits = extended<RunWaits>(
  fields(
    { at: date, lanes: list(extended(fields({ lane, attempt: count }, { since: date, retryAt: date }))) },
    { run: extended(fields({ since: date })) },
  ),
);

export const editable = shaped<EditableProject>(
  fields({ version: count, topic: text, scenes: list(fields(SCENE_READERS)), order: list(count) }),
);

export const textEdits = fields({ edits: list(extended<TextEditView>(fields({ lane, version: count, at: date }))) });

export const projectPage = extended<ProjectPage>(
  fields(
    {
      projects: list(
        extended(fields({ projectId: text, name: text, topic: text, status: projectStatus, createdAt: date })),
      ),
    },
    { next: text },
  ),
);

export const startedBatch = shaped<StartedBatch>(fields({ batchId: text, workflowId: text, projectIds: list(text) }));
export const batchView = extended<BatchView>(
  fields({
    batchId: text,
    workflowId: text,
    running: flag,
    counts: record,
    projects: list(extended(fields({ projectId: text, name: text, status: projectStatus }, error))),
  }),
);

/** The readers below are for `overview`. */
export const reviewPage = extended<ReviewPage>(fields({ items: list(extended(fields({ since: date }))) }));
export const batchPage = extended<BatchPage>(fields({ batches: list(extended(fields({ createdAt: date }))) }));
export const estimate = shaped<FilmEstimate>(fields({ scenes: count, stages: list(record) }));
export const calls = fields({ calls: list(extended<PaidCall>(fields({ lane: text, attempt: count, at: date }))) });
export const providers = fields({ providers: list(shaped<ProviderView>(record)) });
export const outcomePage = extended<OutcomePage>(
  fields({ outcomes: list(extended(fields({ id: text, cursor: text, endedAt: date }))), next: text }),
);
