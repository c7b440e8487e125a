import type { Socket } from 'node:net';
import type { App } from './app';
import { networkOf } from './forwarded';
import { Refusal } from './problem';
import { refuse } from './unreadable';

/** How long a connection over the limit may be silent. */
const SILENT_MS = 1_000;
const RETRY_SECONDS = 5;
const WHY = 'This address has too many connections on which no credential was shown. Try again later.';

interface Stranger {
  readonly isOver: boolean;
  /** It asks something. */
  readonly heard: () => void;
  readonly forget: () => void;
}

/** Connections of one address, or of one network of IPv6, on which nobody has shown a credential that counts. */
export class Strangers {
  private readonly open = new Map<string, number>();
  private readonly known = new WeakMap<Socket, Stranger>();

  constructor(
    /** 0 is no limit. */
    private readonly most: number,
    private readonly hasNoLimit: (address: string) => boolean,
  ) {}

  /** One that is over the limit gets one answer. If it asks nothing, it is refused after a second. */
  add(socket: Socket): void {
    const { remoteAddress = '' } = socket;
    if (this.most === 0 || this.hasNoLimit(remoteAddress)) return;
    const who = networkOf(remoteAddress);
    const count = (this.open.get(who) ?? 0) + 1;
    this.open.set(who, count);
    const isOver = count > this.most;
    const silent = isOver ? setTimeout(() => refuse(socket, tooMany()), SILENT_MS).unref() : undefined;
    const heard = () => clearTimeout(silent);
    const forget = () => {
      heard();
      if (!this.known.delete(socket)) return;
      const left = (this.open.get(who) ?? 1) - 1;
      if (left > 0) this.open.set(who, left);
      else this.open.delete(who);
    };
    this.known.set(socket, { isOver, heard, forget });
    socket.once('close', forget);
  }

  isOver(socket: Socket): boolean {
    return this.known.get(socket)?.isOver === true;
  }

  heard(socket: Socket): void {
    this.known.get(socket)?.heard();
  }

  /** Somebody has shown a credential that counts. */
  forget(socket: Socket): void {
    this.known.get(socket)?.forget();
  }
}

/** After the hook that knows the caller. */
export function limitConnections(app: App, strangers: Strangers): void {
  app.server.on('connection', (socket: Socket) => strangers.add(socket));
  app.server.on('request', ({ socket }) => strangers.heard(socket));
  app.addHook('onRequest', async ({ caller, raw: { socket } }) => {
    if (caller !== undefined && caller.kind !== 'open') strangers.forget(socket);
    else if (strangers.isOver(socket)) throw tooMany();
  });
  app.addHook('onSend', async ({ raw: { socket } }, reply) => {
    if (strangers.isOver(socket)) void reply.header('connection', 'close');
  });
}

function tooMany(): Refusal {
  return new Refusal('Request.TooMany', WHY, { retry_after: RETRY_SECONDS });
}
