import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** One listener for each socket, however many requests it carries. */
const waiting = new WeakMap<Socket, Set<() => void>>();

/**
 * Acts once when an answer is over or nobody can read it any more. Acts at once if that is so already: whoever asks
 * may leave while the answer is prepared. An answer that waits behind another one on its connection has no `close`
 * event of its own, so the connection counts, too.
 */
export function whenGone(response: ServerResponse, act: () => void): void {
  const { socket } = response.req;
  const all = waitingAt(socket);
  const over = () => {
    if (!all.delete(over)) return;
    response.off('close', over);
    act();
  };
  all.add(over);
  if (response.closed || socket.destroyed) return over();
  response.once('close', over);
}

function waitingAt(socket: Socket): Set<() => void> {
  const known = waiting.get(socket);
  if (known) return known;
  const all = new Set<() => void>();
  waiting.set(socket, all);
  socket.once('close', () => {
    for (const over of all) over();
  });
  return all;
}
