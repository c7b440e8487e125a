import { StoryreelError } from '../../protocol';
import { OWN_TYPES } from './own-types';

/** A pool of the package `pg`, as far as it is used. */
export interface PostgresPool {
  /** Gives a connection that is released after its use. */
  connect(): Promise<object>;
}

/** A `DataSource` of TypeORM that is initialized, as far as it is used. */
export interface PostgresDataSource {
  readonly isInitialized: boolean;
  readonly driver: object;
}

/** What `pg` gives out, as far as it is used. */
interface Session {
  query(query: { text: string; values?: unknown[] | undefined; types: object }): Promise<unknown>;
  release(error?: Error): void;
  on(event: string, listener: (...args: unknown[]) => void): unknown;
  removeListener(event: string, listener: (...args: unknown[]) => void): unknown;
}

type Connected = (error: unknown, session?: object, release?: (error?: Error) => void) => void;

/** The pool of the program around us. Throws `Config.Invalid` for what is none. */
export function poolOf(given: PostgresPool | PostgresDataSource): PostgresPool {
  const pool: unknown = 'driver' in given ? (given.driver as { readonly master?: unknown }).master : given;
  if (isPool(pool)) return pool;
  throw new StoryreelError(
    'Config.Invalid',
    'postgres must be a Pool of pg, or a DataSource of TypeORM for Postgres that is initialized.',
  );
}

/** A pool for TypeORM that has the connections of another one, and leaves that one open. */
export function borrowing(pool: PostgresPool) {
  return class {
    /** Gives a connection that is released after its use. */
    connect(done: Connected): void {
      pool.connect().then(
        (found) => {
          const session = found as Session;
          done(undefined, sessionOf(session), (error) => session.release(error));
        },
        (error: unknown) => done(error),
      );
    }

    /** Its owner handles its errors. */
    on(): this {
      return this;
    }

    end(done: () => void): void {
      done();
    }
  };
}

function sessionOf(session: Session) {
  return {
    query: (text: string, values?: unknown[]) => session.query({ text, values, types: OWN_TYPES }),
    on: session.on.bind(session),
    removeListener: session.removeListener.bind(session),
  };
}

function isPool(pool: unknown): pool is PostgresPool {
  return typeof (pool as PostgresPool | undefined)?.connect === 'function';
}
