import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { videoJobSchema, type VideoJob } from './video-job';

/**
 * Video jobs and their files in one folder: `<id>.json`, the picture `<id>.reference` and the clip `<id>.mp4`. Every
 * file appears whole or not at all, so that a studio killed at any moment finds what it had promised.
 */
export class JobStore {
  private writes = 0;

  constructor(private readonly folder: string) {}

  /** Every job that was ever accepted, oldest first; half-written files of an earlier life are removed. */
  async open(): Promise<VideoJob[]> {
    const names = await readdir(this.folder);
    await Promise.all(names.filter((name) => name.includes('.part')).map((name) => this.remove(name)));
    const files = names.filter((name) => name.endsWith('.json'));
    const jobs = await Promise.all(
      files.map(async (name) => videoJobSchema.parse(JSON.parse(await readFile(join(this.folder, name), 'utf8')))),
    );
    return jobs.sort((a, b) => a.createdAt - b.createdAt || a.id.localeCompare(b.id));
  }

  save(job: VideoJob): Promise<void> {
    return this.write(`${job.id}.json`, JSON.stringify(job, null, 2));
  }

  saveReference(job: VideoJob, picture: Buffer): Promise<void> {
    return this.write(`${job.id}.reference`, picture);
  }

  referencePath(job: VideoJob): string {
    return join(this.folder, `${job.id}.reference`);
  }

  clipPath(job: VideoJob): string {
    return join(this.folder, `${job.id}.mp4`);
  }

  /** The path at which a clip grows until it is complete. */
  growingClipPath(job: VideoJob): string {
    return join(this.folder, `${job.id}.${process.pid}.part.mp4`);
  }

  async removeReference(job: VideoJob): Promise<void> {
    await this.remove(`${job.id}.reference`);
  }

  async removeFiles(job: VideoJob): Promise<void> {
    await Promise.all([this.removeReference(job), this.remove(`${job.id}.mp4`)]);
  }

  private async write(name: string, content: string | Buffer): Promise<void> {
    const part = join(this.folder, `${name}.${process.pid}.${++this.writes}.part`);
    await writeFile(part, content);
    await rename(part, join(this.folder, name));
  }

  private remove(name: string): Promise<void> {
    return rm(join(this.folder, name), { force: true });
  }
}
