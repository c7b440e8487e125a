import type { NegotiatedSocket } from './negotiated-socket';

const CANCEL_CODE = 80_877_102;

/** Where the server, or the pooler before it, listens, and how it knows the statement's session. */
export interface Session {
  readonly host: string;
  readonly port: number;
  readonly processID: number;
  readonly secretKey: number;
}

/** Asks the server to end what a session is doing, over a connection of its own. Nobody learns whether it has heard. */
export function requestCancel(
  socket: NegotiatedSocket,
  { host, port, processID, secretKey }: Session,
  boundMs: number,
): void {
  const request = Buffer.alloc(16);
  request.writeInt32BE(request.length, 0);
  request.writeInt32BE(CANCEL_CODE, 4);
  request.writeInt32BE(processID, 8);
  request.writeInt32BE(secretKey, 12);
  const bound = setTimeout(() => socket.destroy(), boundMs);
  socket.on('error', () => undefined);
  socket.on('close', () => clearTimeout(bound));
  socket.on('connect', () => {
    // The server closes it when it has passed the request on.
    socket.resume();
    socket.write(request);
  });
  if (host.startsWith('/')) socket.connect(`${host}/.s.PGSQL.${port}`);
  else socket.connect(port, host);
}
