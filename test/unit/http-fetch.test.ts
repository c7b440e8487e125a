import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { httpFetch, pourBody, readBody, receiveBody } from '../../src/providers/http-fetch';
import { until } from '../support/until';

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

describe('A connection', () => {
  let server: Server;
  let connections: Socket[] = [];

  beforeAll(async () => {
    server = createServer((_, response) => response.end('ok')).listen(0, '127.0.0.1');
    // As a server, or what is before it, that closes idle connections without a hint.
    server.keepAliveTimeout = 0;
    server.on('connection', (socket) => connections.push(socket));
    await once(server, 'listening');
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  const ask = async () => {
    const { port } = server.address() as AddressInfo;
    return (await readBody(await httpFetch(`http://127.0.0.1:${port}/`), 100)).toString();
  };

  test('serves requests that follow each other, and none that comes after a while', async () => {
    for (let i = 0; i < 3; i++) expect(await ask()).toBe('ok');
    expect(connections).toHaveLength(1);
    await until('it is closed', () => connections[0]?.destroyed);
    connections = [];
    expect(await ask()).toBe('ok');
    expect(connections).toHaveLength(1);
  });
});

describe('A refusal', () => {
  const refuse = async (work: (response: ServerResponse) => void) => {
    const server = createServer((request, response) => {
      request.resume();
      work(response);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      const answer = await httpFetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
      return { status: answer.status, text: await answer.text() };
    } finally {
      server.closeAllConnections();
      server.close();
    }
  };

  // Otherwise an order that was turned away would count as one that may have been taken, and be paid.
  test('is one by its status, also if its body breaks off', async () => {
    const cut = (response: ServerResponse) => {
      response.writeHead(429, { 'content-length': '100' });
      response.write('{"error":', () => response.destroy());
    };
    expect(await refuse(cut)).toEqual({ status: 429, text: '{"error":' });
  });

  test('is one by its status, also if its body is not packed as its head says', async () => {
    const unpacked = (response: ServerResponse) =>
      response.writeHead(400, { 'content-encoding': 'gzip' }).end('{"error":{"message":"no"}}');
    expect(await refuse(unpacked)).toMatchObject({ status: 400 });
  });
});

describe('An answer that is complete', () => {
  test('stays so if the connection breaks behind it', async () => {
    const server = createServer((_, response) => response.write('all of it', () => response.destroy())).listen(
      0,
      '127.0.0.1',
    );
    await once(server, 'listening');
    const answer = await httpFetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    let text = '';
    const take = (patience: number | undefined) => (bytes: Buffer) => {
      text += bytes.toString();
      return patience;
    };
    await receiveBody(answer, take(60_000));
    expect(text).toBe('all of it');
    const another = await httpFetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    await expect(receiveBody(another, take(undefined))).rejects.toMatchObject({ name: 'BrokenConnection' });
    server.close();
  });
});

describe('An answer that comes packed without being asked for', () => {
  const read = async (encoding: string, body: Buffer) => {
    let accepted: unknown;
    const server = createServer((request, response) => {
      accepted = request.headers['accept-encoding'];
      response.writeHead(200, { 'content-encoding': encoding }).end(body);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      const answer = await httpFetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
      return { text: (await readBody(answer, 1_000)).toString(), accepted };
    } finally {
      server.closeAllConnections();
      server.close();
    }
  };
  const text = Buffer.from('A fox in the snow.');

  test.each<[string, Buffer]>([
    ['gzip', gzipSync(text)],
    ['gzip', Buffer.from(text)],
    ['BR', brotliCompressSync(text)],
    ['deflate', deflateSync(text)],
    ['deflate', deflateRawSync(text)],
    ['br, gzip', gzipSync(brotliCompressSync(text))],
    ['identity, x-gzip', gzipSync(text)],
    ['utf-8', text],
    ['constructor', text],
  ])('is unpacked: %s', async (encoding, body) => {
    expect(await read(encoding, body)).toEqual({ text: text.toString(), accepted: 'identity' });
  });

  test('is an error of the server, in words, where this Node.js cannot unpack it', async () => {
    const frame = Buffer.from('28b52ffd2412910000', 'hex');
    const packed = read('compress', frame);
    await expect(packed).rejects.toMatchObject({
      name: 'ServerError',
      message: expect.stringContaining('compress') as string,
    });
  });
});
