import { createServer, connect } from 'node:net';
import { join } from 'node:path';
import { z } from 'zod';
import { readJson, writeJson } from './json-file';
import { StackError } from './stack-error';

const book = z.record(z.string(), z.int().min(1).max(65_535));

/**
 * Below the range that systems use for outgoing connections, so that no such connection takes a port that we have
 * chosen.
 */
const [LOWEST, HIGHEST] = [20_000, 32_000];

/** The ports of one stack. With a persistent state folder they are the same as last time, if they are still free. */
export class PortBook {
  readonly #file: string;
  readonly #last: Record<string, number>;
  readonly #given = new Set<number>();

  constructor(
    stateDir: string,
    private readonly persistent: boolean,
  ) {
    this.#file = join(stateDir, 'ports.json');
    const { success, data } = book.safeParse(persistent ? readJson(this.#file) : {});
    this.#last = success ? data : {};
  }

  /** A free port for this use. A second call for the same use returns another port. */
  async take(use: string, preferred?: number): Promise<number> {
    const wished = [this.#last[use], preferred].filter((port) => port !== undefined);
    for (let tries = 0; tries < 200; tries += 1) {
      const port = wished.shift() ?? LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST));
      if (this.#given.has(port) || !(await isFree(port))) continue;
      this.#given.add(port);
      this.#last[use] = port;
      if (this.persistent) writeJson(this.#file, this.#last);
      return port;
    }
    throw new StackError(
      `No free port on 127.0.0.1 between ${LOWEST} and ${HIGHEST}`,
      'End programs that you do not need',
    );
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
      .once('error', () => resolve(false))
      .listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** Resolves when something accepts a connection there; rejects with the system's reason, or after `boundMs`. */
export function connectOnce(host: string, port: number, boundMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, timeout: boundMs });
    const fail = (error: Error) => {
      socket.destroy();
      reject(error);
    };
    socket.once('error', fail);
    socket.once('timeout', () => fail(new Error(`no answer within ${boundMs / 1000} s`)));
    socket.once('connect', () => {
      socket.destroy();
      resolve();
    });
  });
}
