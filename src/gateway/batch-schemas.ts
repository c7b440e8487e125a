import { z } from 'zod';
import { eventError, named, projectStatus } from './schemas';

export const batchParams = z.strictObject({ batchId: z.string() });
export const startedBatch = named(
  'StartedBatch',
  z.looseObject({ batchId: z.string(), workflowId: z.string(), projectIds: z.array(z.string()) }),
);
export const batchPage = named(
  'BatchPage',
  z.looseObject({
    batches: z.array(
      z.looseObject({
        batchId: z.string(),
        owners: z.array(z.string()),
        projects: z.int(),
        counts: z.record(z.string(), z.int()),
        createdAt: z.iso.datetime(),
      }),
    ),
    next: z.string().optional(),
  }),
);
export const batchView = named(
  'Batch',
  z.looseObject({
    batchId: z.string(),
    workflowId: z.string(),
    running: z.boolean(),
    counts: z.record(z.string(), z.int()),
    projects: z.array(
      z.looseObject({
        projectId: z.string(),
        name: z.string(),
        status: projectStatus,
        owner: z.string().optional(),
        error: eventError.optional(),
      }),
    ),
  }),
);
