import type { Fault, SeenRequest, VideoJob } from '../../dev/studio';
import { fromSetup } from './services';

type Kind = 'chat' | 'image' | 'video_submit' | 'video_poll' | 'any';

/** The studio's own controls, outside the API that it stands in for. `match` is a text in the request's body. */
export class StudioControl {
  constructor(private readonly base = new URL('/', fromSetup('STORYREEL_TEST_STUDIO_URL'))) {}

  async misbehave(match: string, kind: Kind, fault: Fault, times = 1): Promise<void> {
    const response = await fetch(new URL('/studio/faults', this.base), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ match, kind, fault, times }),
    });
    if (!response.ok) throw new Error(`the studio refused the fault: ${await response.text()}`);
  }

  /** What is held back for a prompt with this in it goes on, now and later, until it is held anew. */
  async release(match: string): Promise<void> {
    await fetch(new URL(`/studio/release?match=${encodeURIComponent(match)}`, this.base), { method: 'POST' });
  }

  /** What was planned and has not struck yet is forgotten. */
  async clear(): Promise<void> {
    await fetch(new URL('/studio/faults', this.base), { method: 'DELETE' });
  }

  /** Has the project's rewrite tell of the mark in every sentence, so that it is in every later prompt, too. */
  writeAbout(mark: string): Promise<void> {
    const text = Array.from({ length: 12 }, (_, i) => `Then ${mark} went over hill ${i + 1} and looked at the sea.`);
    return this.misbehave(mark, 'chat', { text: text.join(' ') });
  }

  /** Without those that the studio has refused by itself: they cost nothing, and each process learns from them. */
  async requests(match: string): Promise<SeenRequest[]> {
    const all = await this.list<SeenRequest>('requests', match);
    return all.filter(({ status, fault }) => status !== 400 || fault !== null);
  }

  jobs(match: string): Promise<VideoJob[]> {
    return this.list('jobs', match);
  }

  /** The video jobs that were paid for a project. */
  async jobsOf(projectId: string): Promise<VideoJob[]> {
    return (await this.jobs('')).filter(({ idempotencyKey }) => idempotencyKey?.startsWith(projectId));
  }

  private async list<T>(what: string, match: string): Promise<T[]> {
    const response = await fetch(new URL(`/studio/${what}?match=${encodeURIComponent(match)}`, this.base));
    if (!response.ok) throw new Error(`the studio answered ${response.status}`);
    const body = (await response.json()) as T[] | { data: T[] };
    return Array.isArray(body) ? body : body.data;
  }
}
