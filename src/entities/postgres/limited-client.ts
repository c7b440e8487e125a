import type { EventEmitter } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, type ClientConfig, type Connection } from 'pg';
import { codeOf } from '../database-fault';
import { requestCancel, type Session } from './cancel-request';
import { isLostRace, LOST_RACE_TRIES, pauseAfterLostRace } from './lost-race';
import type { NegotiatedSocket } from './negotiated-socket';

/** How long a server may take to answer what needs no work, and no lock. */
const ANSWER_MS = 3_000;
/** After so long a connection may have been forgotten by whatever is on the way to the server. */
const IDLE_MS = 1_000;
/** How long the server may take to cancel a statement, and its answer to arrive. */
const GRACE_MS = 5_000;
const GOODBYE_MS = 1_000;
const READ_ONLY = '25006';
const CANCELLED = '57014';
const BEGIN = 'START TRANSACTION';
const OWN_LIMIT = /^SET LOCAL statement_timeout = (\d+)$/;

export interface LimitedClientOptions extends ClientConfig {
  readonly connectMs: number;
  readonly statementMs: number;
  /** Called if all connections of the pool must be closed. */
  readonly leave: (why: 'read-only' | 'silent') => void;
  readonly newSocket: () => NegotiatedSocket;
}

declare module 'pg' {
  // They are there, although the types do not have them.
  interface Client {
    readonly processID: number;
    readonly secretKey: number;
  }
}

/** As far as we use it: with promises, one statement at a time. */
interface PlainClient extends EventEmitter, Session {
  readonly connection: Connection;
  query(text: string, values?: unknown[]): Promise<unknown>;
  end(done?: () => void): Promise<void> | undefined;
  getTransactionStatus(): string | null;
}
const Plain = Client as new (options: object) => PlainClient;

/**
 * A connection on which no statement waits for ever, whatever is between us and the server. The server enforces a time
 * limit, which is set for each transaction. It is not set for the session, because a pooler refuses that or gives the
 * session to others. For a statement without a transaction, or a server that does not answer, this class enforces the
 * limit.
 */
export class LimitedClient extends Plain {
  private quietSince = performance.now();
  /** The limit of the current transaction; 0 means none. */
  private limitMs: number;
  private lost: Error | undefined;
  /** Ends with the statement that was asked last. */
  private last: Promise<unknown> = Promise.resolve();
  /** Runs while a statement is being cancelled, which has taken too long. */
  private grace: NodeJS.Timeout | undefined;
  /** Is fulfilled when no request to cancel can reach this session any more. */
  private cancelled: Promise<void> | undefined;

  constructor(private readonly options: LimitedClientOptions) {
    super({ ...options, stream: options.newSocket, ssl: false, connectionTimeoutMillis: options.connectMs });
    this.limitMs = options.statementMs;
  }

  /** TypeORM asks several at once on one connection, where it looks at tables. The time of each begins with its turn. */
  override query(text: string, values?: unknown[]): Promise<unknown> {
    const answer = this.last.then(() => this.inTurn(text, values));
    this.last = answer.catch(() => undefined);
    return answer;
  }

  private async inTurn(text: string, values: unknown[] | undefined): Promise<unknown> {
    if (text === BEGIN) return this.begin();
    if (this.getTransactionStatus() === 'I') return this.alone(text, values);
    const own = OWN_LIMIT.exec(text)?.[1];
    if (own !== undefined) this.limitMs = Number(own);
    const { limitMs } = this;
    return this.ask(text, values, limitMs && limitMs + GRACE_MS, () => this.leaveSilent());
  }

  /** Ends the connection even if the server does not close it. */
  override end(done?: () => void): Promise<void> | undefined {
    const bound = setTimeout(() => this.connection.stream.destroy(), GOODBYE_MS);
    this.connection.once('end', () => clearTimeout(bound));
    bound.unref();
    return super.end(done);
  }

  private async begin(): Promise<unknown> {
    this.limitMs = this.options.statementMs;
    // A process that hangs in the middle of a transaction must not keep its locks from other processes.
    const limits = ['statement_timeout', 'idle_in_transaction_session_timeout'].map(
      (name) => `; SET LOCAL ${name} = ${this.limitMs}`,
    );
    const answers = await this.ask(BEGIN + limits.join(''), undefined, ANSWER_MS, () => this.leaveSilent());
    return (answers as unknown[])[0];
  }

  /** Runs a statement that is its own transaction: if it has lost a race, nothing has changed. */
  private async alone(text: string, values: unknown[] | undefined): Promise<unknown> {
    for (let tries = 1; ; tries++) {
      try {
        if (performance.now() - this.quietSince > IDLE_MS) {
          await this.ask('SELECT 1', undefined, ANSWER_MS, () => this.leaveSilent());
        }
        return await this.ask(text, values, this.options.statementMs, () => this.cancel());
      } catch (error) {
        if (!isLostRace(error) || tries === LOST_RACE_TRIES) throw error;
        await sleep(pauseAfterLostRace(tries));
      }
    }
  }

  /** In two halves: one that this process has slept through is no time of the server's. */
  private async ask(text: string, values: unknown[] | undefined, limitMs: number, late: () => void): Promise<unknown> {
    let timer: NodeJS.Timeout | undefined;
    if (limitMs > 0) {
      timer = setTimeout(() => {
        timer = setTimeout(late, limitMs / 2);
      }, limitMs / 2);
    }
    try {
      return await super.query(text, values);
    } catch (error) {
      if (codeOf(error) === READ_ONLY) this.options.leave('read-only');
      if (this.grace && codeOf(error) === CANCELLED)
        (error as Error).message = 'canceling statement due to statement timeout';
      throw this.lost ?? error;
    } finally {
      clearTimeout(timer);
      clearTimeout(this.grace);
      this.grace = undefined;
      // Otherwise a signal that arrives late would end the next statement.
      await this.cancelled;
      this.cancelled = undefined;
      this.quietSince = performance.now();
    }
  }

  private cancel(): void {
    this.cancelled = requestCancel(this.options.newSocket(), this, GRACE_MS);
    this.grace = setTimeout(() => this.leaveSilent(), GRACE_MS);
  }

  private leaveSilent(): void {
    this.lost = new Error('Query read timeout');
    this.connection.stream.destroy(this.lost);
    this.options.leave('silent');
  }
}
