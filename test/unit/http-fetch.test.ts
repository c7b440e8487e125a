import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { httpFetch, pourBody, readBody } from '../../src/providers/http-fetch';

const PAUSE_MS = 1_500;

describe('An answer that is read whole', () => {
  let server: Server;
  let pieces: readonly string[] = [];

  beforeAll(async () => {
    server = createServer((_, response) => {
      response.writeHead(200, { 'content-length': '12' });
      pieces.forEach((piece, i) => setTimeout(() => response.write(piece), i * PAUSE_MS).unref());
      // Else the connection would be used again, and its next request never be answered.
      if (pieces.join('').length === 12) setTimeout(() => response.end(), pieces.length * PAUSE_MS).unref();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  const ask = () => httpFetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);

  test('and falls silent in its middle is given up', async () => {
    pieces = ['half', ''];
    await expect(readBody(await ask(), 100, 100)).rejects.toMatchObject({ code: 'ETIMEDOUT' });
  });

  test('may come as slowly as it likes while it comes', async () => {
    pieces = ['one ', 'two ', 'four'];
    // The whole takes longer than it may be silent.
    expect((await readBody(await ask(), 1.5 * PAUSE_MS, 1.5 * PAUSE_MS)).toString()).toBe('one two four');
  });

  test('is handed over, each piece when the one before it is taken', async () => {
    pieces = ['one two four'];
    let [taking, text] = [0, ''];
    await pourBody(await ask(), 100, async (part) => {
      expect(++taking).toBe(1);
      await new Promise((resolve) => setImmediate(resolve));
      text += part.toString();
      taking -= 1;
    });
    expect(text).toBe('one two four');
  });

  test('ends with what its taker states, with its size, and where it is cut', async () => {
    pieces = ['half', ''];
    const full = new Error('the disk is full');
    await expect(pourBody(await ask(), 100, () => Promise.reject(full))).rejects.toBe(full);
    await expect(pourBody(await ask(), 3, () => Promise.resolve())).rejects.toMatchObject({ name: 'ServerError' });
    const broken = pourBody(await ask(), 100, async () => server.closeAllConnections());
    await expect(broken).rejects.toMatchObject({ name: 'BrokenConnection' });
  });
});
