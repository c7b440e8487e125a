import type { EventEmitter } from 'node:events';
import { Pool } from 'pg';
import { PoolUsedUp } from '../database-fault';
import { LimitedClient, type LimitedClientOptions } from './limited-client';
import { NegotiatedSocket } from './negotiated-socket';
import { OWN_TYPES } from './own-types';
import type { TlsPlan } from './tls-plan';

/** SQLSTATE of a server that does not let us in this way: its rules know only TLS, or only plain text. */
const NOT_THIS_WAY = '28000';
/** The message of `pg` if a connection is not made in time. */
const CONNECTED_TOO_LATE = 'timeout expired';
const WAITED_TOO_LONG = /^timeout exceeded when trying to connect/;

type Connected = (error: Error | undefined, client: LimitedClient, release: (error?: Error) => void) => void;

/** The part of the pool that TypeORM uses. */
interface PlainPool extends EventEmitter {
  connect(done: Connected): void;
}
const Plain = Pool as new (options: object) => PlainPool;

export interface PoolPlan extends Pick<LimitedClientOptions, 'connectMs' | 'statementMs'> {
  readonly tls: TlsPlan;
  /** How long a query waits if all connections are in use. */
  readonly waitMs: number;
}

/**
 * A pool that closes all its connections if one of them shows that its server is no longer the right one. The server
 * takes no writes since a failover, or does not answer. Every later query then gets a new connection.
 */
export class LeavingPool extends Plain {
  private readonly idle = new Set<LimitedClient>();
  private readonly busy = new Set<LimitedClient>();
  private readonly left = new WeakSet<LimitedClient>();
  /** The transport over which the server was reached. */
  private transport = 0;

  constructor(
    private readonly size: number,
    private readonly plan: PoolPlan,
    options: object,
  ) {
    const newSocket = () => {
      const { transports, options: tls, direct } = plan.tls;
      return new NegotiatedSocket({ transport: transports[this.transport] ?? transports[0], options: tls, direct });
    };
    super({
      ...options,
      max: size,
      connectionTimeoutMillis: plan.waitMs,
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
      Client: LimitedClient,
      connectMs: plan.connectMs,
      statementMs: plan.statementMs,
      types: OWN_TYPES,
      newSocket,
      leave: () => this.leaveAll(),
    });
    this.on('acquire', (client: LimitedClient) => {
      this.idle.delete(client);
      this.busy.add(client);
    });
    // The pool keeps no connection that is ending.
    this.on('release', (_error: unknown, client: LimitedClient) => {
      this.busy.delete(client);
      if (this.left.has(client)) void client.end();
      else this.idle.add(client);
    });
    this.on('remove', (client: LimitedClient) => this.idle.delete(client));
  }

  override connect(done: Connected): void {
    this.tryToConnect(done, performance.now() + this.plan.waitMs, this.plan.tls.transports.length);
  }

  private tryToConnect(done: Connected, until: number, ways: number): void {
    const { transports } = this.plan.tls;
    const used = this.transport;
    super.connect((error, client, release) => {
      if (error && ways > 1 && isRefused(error)) {
        if (this.transport === used) this.transport = (used + 1) % transports.length;
        this.tryToConnect(done, until, ways - 1);
      } else if (error?.message === CONNECTED_TOO_LATE && performance.now() < until) {
        // Its first packets were lost, or this process was too busy to see the answer.
        this.tryToConnect(done, until, ways);
      } else {
        done(error && this.readable(error), client, release);
      }
    });
  }

  private readable(error: Error): Error {
    return WAITED_TOO_LONG.test(error.message) ? new PoolUsedUp(this.size, this.plan.waitMs, error) : error;
  }

  /** Those in use leave when they are given back. */
  private leaveAll(): void {
    for (const client of this.busy) this.left.add(client);
    // The event that the pool gets if an idle connection ends.
    for (const client of [...this.idle])
      client.emit('error', new Error('Connection terminated: another server is looked for'));
  }
}

function isRefused(error: Error): boolean {
  const { code, message } = error as { code?: unknown; message: string };
  // A handshake that fails has a code of Node's, and no server has answered it with an SQLSTATE.
  return code === NOT_THIS_WAY || /TLS|SSL/.test(message) || /SSL|TLS|CERT/.test(String(code));
}
