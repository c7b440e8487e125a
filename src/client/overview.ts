import type { DataSource } from 'typeorm';
import { reviewQueue, type ReviewFilter, type ReviewPage } from './projects/review-queue';

/** What is not of one project: lists over all of them. */
export class Overview {
  constructor(
    private readonly dataSource: DataSource,
    /** Whatever goes wrong leaves as a `StoryreelError`. */
    private readonly run: <T>(work: () => Promise<T>) => Promise<T>,
  ) {}

  /** Gates that wait and parked lanes, the oldest first; see `reviewQueue`. */
  review(filter: ReviewFilter = {}): Promise<ReviewPage> {
    return this.run(() => reviewQueue(this.dataSource, filter));
  }
}
