import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { createContext, runInContext } from 'node:vm';
import type * as Viewer from '../../src/protocol/viewer';
import type * as HttpClient from '../../src/http-client';
import { laneId, type SnapshotEvent } from '../../src/protocol';
import { sha256 } from '../support/stories';
import { projectRoot } from '../architecture/project-files';

/** Only what every browser has; no Buffer, no process, no module of Node. */
const BROWSER = {
  TextEncoder,
  TextDecoder,
  URLSearchParams,
  AbortController,
  Response,
  ReadableStream,
  Uint8Array,
  crypto: globalThis.crypto,
  fetch: globalThis.fetch,
  setTimeout,
  clearTimeout,
};

/** Loads built code as a bundle for a browser would, and lists what it holds. */
function load<T>(entry: string): { readonly exports: T; readonly files: readonly string[] } {
  const context = createContext(BROWSER);
  const modules = new Map<string, { exports: unknown }>();
  const open = (path: string): unknown => {
    const known = modules.get(path);
    if (known) return known.exports;
    const module = { exports: {} };
    modules.set(path, module);
    const inside = createRequire(path);
    const require = (name: string) => {
      if (!name.startsWith('.')) throw new Error(`${path} loads ${name}, which no browser has`);
      return open(inside.resolve(name));
    };
    const code = `(function (exports, require, module) {${readFileSync(path, 'utf8')}\n})`;
    (runInContext(code, context) as (...given: unknown[]) => void)(module.exports, require, module);
    return module.exports;
  };
  return { exports: open(join(projectRoot, 'dist', 'src', entry)) as T, files: [...modules.keys()] };
}

test('A page puts a story together with nothing but what a browser has', async () => {
  const { StoryPage, EventStream } = load<typeof Viewer>('protocol/viewer/index.js').exports;
  const lane = laneId('rewrite');
  const head = { project_id: 'x', stage: 'rewrite', timestamp: 1, lane, fence: 1, attempt: 1 };
  const text = '雨 🎬';
  const snapshot = { type: 'snapshot', lanes: {}, scenes: [], status: 'processing', topic: 'a fox', cursor: '1-0' };
  const events = [
    snapshot as unknown as SnapshotEvent,
    { ...head, id: '1-1', type: 'token', offset: 0, content: text },
    { ...head, id: '1-2', type: 'done', metadata: { length: Buffer.byteLength(text), sha256: sha256(text) } },
  ];
  const stream = new EventStream();
  const page = new StoryPage();
  const bytes = new TextEncoder().encode(events.map((event) => `data: ${JSON.stringify(event)}\r\n\r\n`).join(''));
  for (const byte of bytes)
    for (const { data } of stream.push(Uint8Array.of(byte))) page.apply(JSON.parse(data) as SnapshotEvent);
  await page.proved();
  expect(page.lanes.get(lane)).toMatchObject({ text, proof: 'verified' });
});

test('A program that only uses HTTP loads the client over HTTP and the protocol, and nothing else', () => {
  const { exports, files } = load<typeof HttpClient>('http-client/index.js');
  expect(new exports.StoryHttpClient({ url: 'http://127.0.0.1:1/' })).toBeDefined();
  const folders = new Set(files.map((file) => dirname(file).slice(join(projectRoot, 'dist', 'src').length + 1)));
  expect([...folders].sort()).toEqual(['http-client', 'protocol', 'protocol/viewer']);
});
