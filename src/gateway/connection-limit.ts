import type { Socket } from 'node:net';
import type { App } from './app';
import { networkOf } from './forwarded';
import { Refusal } from './problem';
import { refuse } from './unreadable';

/** How long a connection over the limit may be silent. */
const SILENT_MS = 1_000;
const RETRY_SECONDS = 5;
const WHY = 'This address has too many connections on which no credential was shown. Try again later.';

interface UnknownConnection {
  readonly isOver: boolean;
  /** Is called when a request comes. */
  readonly onRequest: () => void;
  readonly forget: () => void;
}

/** Connections of one address, or of one network of IPv6, on which nobody has shown a credential that counts. */
export class UnknownConnections {
  private readonly counts = new Map<string, number>();
  private readonly known = new WeakMap<Socket, UnknownConnection>();

  constructor(
    /** 0 is no limit. */
    private readonly most: number,
    private readonly hasNoLimit: (address: string) => boolean,
  ) {}

  /** A connection over the limit gets one answer. If it sends no request, it is refused after a second. */
  add(socket: Socket): void {
    const { remoteAddress = '' } = socket;
    if (this.most === 0 || this.hasNoLimit(remoteAddress)) return;
    const who = networkOf(remoteAddress);
    const count = (this.counts.get(who) ?? 0) + 1;
    this.counts.set(who, count);
    const isOver = count > this.most;
    const silent = isOver ? setTimeout(() => refuse(socket, tooMany()), SILENT_MS).unref() : undefined;
    const onRequest = () => clearTimeout(silent);
    const forget = () => {
      onRequest();
      if (!this.known.delete(socket)) return;
      const left = (this.counts.get(who) ?? 1) - 1;
      if (left > 0) this.counts.set(who, left);
      else this.counts.delete(who);
    };
    this.known.set(socket, { isOver, onRequest, forget });
    socket.once('close', forget);
  }

  isOver(socket: Socket): boolean {
    return this.known.get(socket)?.isOver === true;
  }

  requested(socket: Socket): void {
    this.known.get(socket)?.onRequest();
  }

  /** Somebody has shown a credential that counts. */
  forget(socket: Socket): void {
    this.known.get(socket)?.forget();
  }
}

/** Refuses requests on connections over the limit. Must be added after the hook that identifies the caller. */
export function limitConnections(app: App, connections: UnknownConnections): void {
  app.server.on('connection', (socket: Socket) => connections.add(socket));
  app.server.on('request', ({ socket }) => connections.requested(socket));
  app.addHook('onRequest', ({ caller, raw: { socket } }, _reply, done) => {
    if (caller !== undefined && caller.kind !== 'open') connections.forget(socket);
    else if (connections.isOver(socket)) throw tooMany();
    done();
  });
  app.addHook('onSend', ({ raw: { socket } }, reply, payload, done) => {
    if (connections.isOver(socket)) void reply.header('connection', 'close');
    done(null, payload);
  });
}

function tooMany(): Refusal {
  return new Refusal('Request.TooMany', WHY, { retry_after: RETRY_SECONDS });
}
