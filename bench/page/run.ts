import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import type { Browser, CDPSession, Page } from 'playwright-core';
import { openBrowser } from '../../dev/picture/open-browser';
import { readConfig, StoryClient } from '../../src/client';
import { laneId, laneOfRole, type LaneId, type ProjectId } from '../../src/protocol';
import { openRedis } from '../../src/stream';
import type { Check } from '../check';
import type { Ground } from '../harness/ground';
import { summaryOf, type Summary } from '../harness/summary';
import { TokenWriter } from './token-writer';

const root = join(__dirname, '..', '..', '..');
const LANES = 20;
const RATE = 2_000;
const SECONDS = 10;
const NAVIGATIONS = 5;
/** After so many tokens everything that the page keeps at most is kept. */
const FULL = 150_000;
const TOKENS = 100_000;
const GIVE_UP_MS = 30_000;

/** How much of the story the page shows. */
const SHOWN = "document.querySelector('.script .lane-text')?.textContent.length ?? 0";

interface Measured {
  readonly sizes: { readonly jsGzip: number; readonly cssGzip: number };
  /** From the navigation to the first frame with text of the story. */
  readonly firstTextMs: readonly number[];
  /** At 2,000 tokens a second over 20 lanes. */
  readonly frameMs: Summary;
  /** The share of a core that the thread takes which draws the page. */
  readonly busyShare: number;
  readonly heap: { readonly afterFull: number; readonly afterAll: number; readonly textBytes: number };
  readonly isWhole: boolean;
}

/** The real page in a real browser, before the real gateway; only the worker is left out, because tokens come by the thousand. */
export async function pageBench(ground: Ground, { note }: { readonly note: (line: string) => void }) {
  const env = {
    DATABASE_URL: ground.services.databaseUrl,
    REDIS_URL: ground.services.redisUrl,
    TEMPORAL_ADDRESS: ground.services.temporalAddress,
  };
  const cli = join(__dirname, '..', '..', 'src', 'cli', 'main.js');
  const gateway = spawn(process.execPath, [cli, 'gateway'], {
    env: { ...process.env, ...env, GATEWAY_ADDRESS: '127.0.0.1:0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const url = await new Promise<string>((ready) => createInterface({ input: gateway.stdout }).once('line', ready));
  const config = readConfig(env);
  const client = await StoryClient.connect(config);
  const redis = openRedis(config);
  await redis.log.ready(5_000);
  const browser = await openBrowser(process.env['STORYREEL_TOOLS_DIR'] ?? join(root, '.storyreel', 'tools'));
  try {
    const project = await client.create({ topic: 'a fox' });
    const writer = await TokenWriter.open({
      log: redis.log,
      databaseUrl: env.DATABASE_URL,
      projectId: project,
      lanes: lanes(),
    });
    const measured = await measure(browser, { url, project, writer, note });
    return { page: measured, checks: checksOf(measured) };
  } finally {
    await browser.close();
    gateway.kill();
    await redis.close();
    await client.close();
  }
}

/** The story, the storyboard, and the camera moves of 18 scenes. */
function lanes(): readonly LaneId[] {
  return [
    laneOfRole('story'),
    laneOfRole('scenes'),
    ...Array.from({ length: LANES - 2 }, (_, i) => laneId('camera_movement', i + 1)),
  ];
}

interface Ready {
  readonly url: string;
  readonly project: ProjectId;
  readonly writer: TokenWriter;
  readonly note: (line: string) => void;
}

async function measure(browser: Browser, { url, project, writer, note }: Ready): Promise<Measured> {
  await writer.write(2_000, { rate: RATE });
  const film = `${url}/p/${project}?tab=lanes&scene=1`;
  const firstTextMs: number[] = [];
  for (let i = 0; i < NAVIGATIONS; i += 1) {
    const context = await browser.newContext();
    firstTextMs.push(await firstText(await context.newPage(), film));
    await context.close();
  }
  note(`first text: ${firstTextMs.map(Math.round).join(', ')} ms`);
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  const page = await context.newPage();
  await firstText(page, film);
  const session = await context.newCDPSession(page);
  await session.send('Performance.enable');
  const before = await taskSeconds(session);
  await page.evaluate(`window.frames = [];
    (function next(last) { requestAnimationFrame((now) => { if (last) frames.push(now - last); next(now); }); })(0);`);
  const from = performance.now();
  await writer.write(RATE * SECONDS, { rate: RATE });
  const seconds = (performance.now() - from) / 1_000;
  const frames = await page.evaluate<number[]>('window.frames.splice(0)');
  const busyShare = ((await taskSeconds(session)) - before) / seconds;
  const frameMs = summaryOf(frames);
  note(`frames: p99 ${frameMs.p99.toFixed(1)} ms, ${(busyShare * 100).toFixed(0)} % of a core`);
  await caughtUp(page, writer);
  await writer.write(Math.max(0, FULL - writer.tokens), { rate: RATE * 3 });
  await caughtUp(page, writer);
  const afterFull = await heapOf(session);
  const bytesBefore = writer.bytes;
  await writer.write(TOKENS, { rate: RATE * 3 });
  const isWhole = await caughtUp(page, writer);
  const afterAll = await heapOf(session);
  note(`heap: ${(afterFull / 1e6).toFixed(1)} MB, after 100,000 more tokens ${(afterAll / 1e6).toFixed(1)} MB`);
  await context.close();
  return {
    sizes: sizes(),
    firstTextMs,
    frameMs,
    busyShare,
    isWhole,
    heap: { afterFull, afterAll, textBytes: writer.bytes - bytesBefore },
  };
}

/** Milliseconds until the page has drawn text of the story. */
async function firstText(page: Page, url: string): Promise<number> {
  const from = performance.now();
  await page.goto(url, { waitUntil: 'commit' });
  while (Number(await page.evaluate(SHOWN).catch(() => 0)) === 0) {
    if (performance.now() - from > GIVE_UP_MS)
      throw new Error(`no text on the page: ${await page.evaluate<string>('document.body.innerText')}`);
    await sleep(5);
  }
  return performance.now() - from;
}

/** Waits for the page to show all that was written. */
async function caughtUp(page: Page, writer: TokenWriter): Promise<boolean> {
  const wanted = writer.textOf(laneOfRole('story')).length;
  let last = -1;
  for (;;) {
    const shown = Number(await page.evaluate(SHOWN));
    if (shown === wanted) return true;
    // Nothing came in a second: it will not come.
    if (shown === last) return false;
    last = shown;
    await sleep(1_000);
  }
}

async function heapOf(session: CDPSession): Promise<number> {
  await session.send('HeapProfiler.enable');
  for (let i = 0; i < 2; i += 1) await session.send('HeapProfiler.collectGarbage');
  return (await session.send('Runtime.getHeapUsage')).usedSize;
}

async function taskSeconds(session: CDPSession): Promise<number> {
  const { metrics } = await session.send('Performance.getMetrics');
  return metrics.find(({ name }) => name === 'TaskDuration')?.value ?? 0;
}

function sizes(): Measured['sizes'] {
  const assets = join(root, 'dist', 'web', 'assets');
  const of = (ending: string) =>
    readdirSync(assets, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith(ending))
      .reduce((sum, file) => sum + gzipSync(readFileSync(join(assets, file)), { level: 9 }).length, 0);
  return { jsGzip: of('.js'), cssGzip: of('.css') };
}

function checksOf({ sizes: { jsGzip, cssGzip }, firstTextMs, frameMs, heap, isWhole }: Measured): Check[] {
  const atMost = (promise: string, measured: number, limit: number, unit: string): Check => ({
    promise,
    measured,
    limit,
    unit,
    kept: measured <= limit,
  });
  // What a reader sees is kept, of course: two bytes for each of its characters at most.
  const growth = heap.afterAll - heap.afterFull - 2 * heap.textBytes;
  return [
    atMost('page: JavaScript, gzip', jsGzip / 1000, 60, 'KB'),
    atMost('page: CSS, gzip', cssGzip / 1000, 12, 'KB'),
    atMost('page: first text after the navigation, slowest of 5', Math.max(...firstTextMs), 1_000, 'ms'),
    atMost('page: frame at 2,000 tokens/s over 20 lanes, p99', frameMs.p99, 33.4, 'ms'),
    atMost('page: growth of the heap beside the text, 100,000 tokens', growth / 1e6, 1, 'MB'),
    atMost('page: texts that are not whole', isWhole ? 0 : 1, 0, ''),
  ];
}
