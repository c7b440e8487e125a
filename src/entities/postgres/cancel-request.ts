import type { NegotiatedSocket } from './negotiated-socket';

const CANCEL_CODE = 80_877_102;

/** The address of the server, or of the pooler before it, and its key for the statement's session. */
export interface Session {
  readonly host: string;
  readonly port: number;
  readonly processID: number;
  readonly secretKey: number;
}

/**
 * Asks the server to end the statement of a session, over a separate connection. The server does not answer, but it
 * closes that connection after it has signalled the session. Until then (or until the bound), a late signal could end
 * the session's next statement. The caller therefore waits for this promise before it sends one.
 */
export function requestCancel(
  socket: NegotiatedSocket,
  { host, port, processID, secretKey }: Session,
  boundMs: number,
): Promise<void> {
  const request = Buffer.alloc(16);
  request.writeInt32BE(request.length, 0);
  request.writeInt32BE(CANCEL_CODE, 4);
  request.writeInt32BE(processID, 8);
  request.writeInt32BE(secretKey, 12);
  const bound = setTimeout(() => socket.destroy(), boundMs);
  const closed = new Promise<void>((resolve) => {
    socket.on('close', () => {
      clearTimeout(bound);
      resolve();
    });
  });
  socket.on('error', () => undefined);
  socket.on('connect', () => {
    // The server closes it when it has passed the request on.
    socket.resume();
    socket.write(request);
  });
  if (host.startsWith('/')) socket.connect(`${host}/.s.PGSQL.${port}`);
  else socket.connect(port, host);
  return closed;
}
