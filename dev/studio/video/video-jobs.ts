import { randomBytes } from 'node:crypto';
import { rename, rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { drawPicture } from '../drawing/draw-picture';
import { sizeOf } from '../drawing/size';
import type { StudioSettings } from '../options';
import { JobStore } from './job-store';
import { renderClip } from './render-clip';
import type { VideoJob } from './video-job';

export interface VideoOrder {
  idempotencyKey: string | null;
  model: string;
  prompt: string;
  seconds: string;
  size: string;
  /** The picture to move; when null one is drawn from the prompt. */
  picture: Buffer | null;
  doomed: boolean;
}

interface Running {
  stop: AbortController;
  progress: number;
}

const atOnce = 2;
const frameRate = 24;

/** Accepts video jobs, renders two at a time, and after a restart continues the unfinished ones. */
export class VideoJobs {
  private readonly jobs = new Map<string, VideoJob>();
  private readonly byKey = new Map<string, Promise<VideoJob>>();
  private readonly running = new Map<string, Running & { ended: Promise<void> }>();
  private readonly store: JobStore;
  private closed = false;

  constructor(private readonly settings: StudioSettings) {
    this.store = new JobStore(settings.stateDir);
  }

  async open(): Promise<void> {
    for (const job of await this.store.open()) {
      this.jobs.set(job.id, job);
      if (job.idempotencyKey !== null && !job.deleted) this.byKey.set(job.idempotencyKey, Promise.resolve(job));
    }
    this.startNext();
  }

  /** A job is on disk before it is promised. The same key returns the same job, until that job is deleted. */
  async submit(order: VideoOrder): Promise<{ job: VideoJob; replayed: boolean }> {
    const key = order.idempotencyKey;
    const earlier = key === null ? undefined : this.byKey.get(key);
    if (earlier !== undefined) return { job: await earlier, replayed: true };
    const accepted = this.accept(order);
    if (key !== null) {
      this.byKey.set(key, accepted);
      accepted.catch(() => this.byKey.delete(key));
    }
    const job = await accepted;
    this.startNext();
    return { job, replayed: false };
  }

  find(id: string): VideoJob | undefined {
    const job = this.jobs.get(id);
    return job?.deleted ? undefined : job;
  }

  progressOf(job: VideoJob): number {
    return this.running.get(job.id)?.progress ?? 0;
  }

  clipPath(job: VideoJob): string {
    return this.store.clipPath(job);
  }

  /** Every job ever accepted, also deleted ones, oldest first. */
  all(): VideoJob[] {
    return [...this.jobs.values()];
  }

  async delete(job: VideoJob): Promise<void> {
    job.deleted = true;
    if (job.idempotencyKey !== null) this.byKey.delete(job.idempotencyKey);
    await this.store.save(job);
    const running = this.running.get(job.id);
    running?.stop.abort();
    await running?.ended;
    await this.store.removeFiles(job);
  }

  async close(): Promise<void> {
    this.closed = true;
    const running = [...this.running.values()];
    for (const each of running) each.stop.abort();
    await Promise.all(running.map((each) => each.ended));
  }

  private async accept(order: VideoOrder): Promise<VideoJob> {
    const { picture, ...asked } = order;
    const id = `video_${randomBytes(12).toString('hex')}`;
    const createdAt = Math.floor(Date.now() / 1000);
    const job: VideoJob = { id, ...asked, status: 'queued', createdAt, completedAt: null, error: null, deleted: false };
    await this.store.saveReference(
      job,
      picture ?? (await drawPicture(job.prompt, sizeOf(job.size), this.settings.seed)),
    );
    await this.store.save(job);
    this.jobs.set(id, job);
    return job;
  }

  private startNext(): void {
    for (const job of this.jobs.values()) {
      if (this.closed || this.running.size >= atOnce) return;
      const waiting = !job.deleted && (job.status === 'queued' || job.status === 'in_progress');
      if (!waiting || this.running.has(job.id)) continue;
      const running: Running = { stop: new AbortController(), progress: 0 };
      const ended = this.work(job, running).finally(() => {
        this.running.delete(job.id);
        this.startNext();
      });
      this.running.set(job.id, Object.assign(running, { ended }));
    }
  }

  private async work(job: VideoJob, running: Running): Promise<void> {
    const growing = this.store.growingClipPath(job);
    try {
      job.status = 'in_progress';
      await this.store.save(job);
      await this.delay(running);
      if (job.doomed) throw new Error(`The video could not be generated: ${job.prompt}`);
      await this.render(job, running, growing);
      await rename(growing, this.store.clipPath(job));
      await this.finish(job, 'completed', null);
    } catch (error) {
      await rm(growing, { force: true });
      // A job stopped by a deletion is gone; one stopped by the studio's end is rendered again at the next start.
      if (running.stop.signal.aborted) return;
      await this.finish(job, 'failed', { code: 'video_generation_failed', message: (error as Error).message });
    }
  }

  private async finish(job: VideoJob, status: 'completed' | 'failed', error: VideoJob['error']): Promise<void> {
    Object.assign(job, { status, error, completedAt: Math.floor(Date.now() / 1000) });
    await this.store.save(job);
    await this.store.removeReference(job);
  }

  /** The artificial part is the first four fifths of the progress. */
  private async delay(running: Running): Promise<void> {
    const steps = this.settings.videoDelayMs > 0 ? 16 : 0;
    for (let step = 0; step < steps; step++) {
      await sleep(this.settings.videoDelayMs / steps, undefined, { signal: running.stop.signal });
      running.progress += 80 / steps;
    }
  }

  private render(job: VideoJob, running: Running, target: string): Promise<void> {
    const frames = Math.round(Number(job.seconds) * frameRate);
    const from = running.progress;
    return renderClip({
      ffmpegPath: this.settings.ffmpegPath,
      picture: this.store.referencePath(job),
      target,
      prompt: job.prompt,
      frames,
      size: sizeOf(job.size),
      signal: running.stop.signal,
      onFrame: (frame) => (running.progress = from + ((100 - from) * frame) / frames),
    });
  }
}
