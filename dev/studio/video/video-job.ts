import { z } from 'zod';

/** A video job as it is kept on disk, one JSON file each. Times are seconds since 1970. */
export const videoJobSchema = z.object({
  id: z.string(),
  idempotencyKey: z.string().nullable(),
  status: z.enum(['queued', 'in_progress', 'completed', 'failed']),
  model: z.string(),
  prompt: z.string(),
  seconds: z.string(),
  size: z.string(),
  createdAt: z.number(),
  completedAt: z.number().nullable(),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
  /** Planned by a fault: the job will not make a clip. */
  doomed: z.boolean(),
  /** Removed by the client; still counted, because it was asked and paid for. */
  deleted: z.boolean(),
});

export type VideoJob = z.infer<typeof videoJobSchema>;

/** The job in the shape of OpenAI's videos API; `progress` is in percent. */
export function videoResource(job: VideoJob, progress: number): object {
  return {
    id: job.id,
    object: 'video',
    status: job.status,
    progress: job.status === 'completed' ? 100 : Math.min(99, Math.floor(progress)),
    model: job.model,
    prompt: job.prompt,
    seconds: job.seconds,
    size: job.size,
    created_at: job.createdAt,
    completed_at: job.completedAt,
    expires_at: null,
    remixed_from_video_id: null,
    error: job.error,
  };
}
