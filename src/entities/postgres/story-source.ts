import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { DataSource, type EntityManager, type QueryRunner, type ReplicationMode } from 'typeorm';
import { isLostRace, LOST_RACE_TRIES, pauseAfterLostRace } from './lost-race';

type Isolation = 'READ COMMITTED' | 'REPEATABLE READ';
type Work<T> = (manager: EntityManager) => Promise<T>;

/**
 * A data source that repeats a transaction if it has lost a race. Effects outside Postgres must therefore be
 * repeatable. No transaction may ask for a second connection: ten such transactions would wait for each other for ever.
 */
export class StorySource extends DataSource {
  /** Whether a second connection is refused. */
  oneEach = false;
  private readonly work = new AsyncLocalStorage<{ open: boolean }>();

  override transaction<T>(work: Work<T>): Promise<T>;
  override transaction<T>(isolation: Isolation, work: Work<T>): Promise<T>;
  override async transaction<T>(first: Isolation | Work<T>, second?: Work<T>): Promise<T> {
    const work = second ?? (first as Work<T>);
    const isolation = second ? (first as Isolation) : undefined;
    for (let tries = 1; ; tries++) {
      try {
        return await this.once(isolation, work);
      } catch (error) {
        if (!isLostRace(error) || tries === LOST_RACE_TRIES) throw error;
        await sleep(pauseAfterLostRace(tries));
      }
    }
  }

  override createQueryRunner(mode?: ReplicationMode): QueryRunner {
    if (this.oneEach && this.work.getStore()?.open) {
      throw new Error('A transaction asks for a second connection; use its own entity manager');
    }
    return super.createQueryRunner(mode);
  }

  private once<T>(isolation: Isolation | undefined, work: Work<T>): Promise<T> {
    const state = { open: true };
    const inside = (manager: EntityManager) =>
      this.work.run(state, async () => {
        try {
          return await work(manager);
        } finally {
          state.open = false;
        }
      });
    return isolation ? super.transaction(isolation, inside) : super.transaction(inside);
  }
}
