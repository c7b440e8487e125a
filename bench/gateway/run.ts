import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Ground } from '../harness/ground';
import { stalls } from '../harness/stalls';
import { summaryOf } from '../harness/summary';
import { checksOf, type Goal, type Measured } from './goals/checks';
import { crowd, type Crowd } from './goals/crowd';
import { direct } from './goals/direct';
import { idle } from './goals/idle';
import { kills } from './goals/kills';
import { manyStories } from './goals/many-stories';
import { handover, storm } from './goals/storm';
import { startCentrifugo, startDurableStreams, startNchan } from './peers';
import { Readers } from './readers';
import { Gateway, ONE_CORE, startBareLoop, type Served, type Story } from './servers';

const RATE = 50;
const SECONDS = 10;
/** Between two requests for the state of a project beside the viewers. */
const REST_MS = 50;

/** What one run measures. */
type Element<Part extends 'one' | 'thousand' | 'tenThousand'> = NonNullable<Measured[Part]>[number];

export interface GatewayOptions {
  readonly note: (line: string) => void;
  /** Interleaved runs; medians are compared with the goals. */
  readonly runs: number;
  /** The share of the viewers, stories and texts of the goals; below 1, a trial. */
  readonly scale: number;
  /** Only these are measured. */
  readonly goals: readonly Goal[];
}

/** Viewers over HTTP, goal by goal, beside what else could serve them. In each run all servers take their turn. */
export async function gatewayBench(ground: Ground, { note, runs, scale, goals }: GatewayOptions) {
  const sized = (full: number) => Math.max(2, Math.round(full * scale));
  const has = (...some: readonly Goal[]) => some.some((goal) => goals.includes(goal));
  const gateway = await Gateway.start(ground.services);
  const servers: Served[] = [gateway];
  const leftOut: { readonly server: string; readonly why: string }[] = [];
  const readers = await Readers.start();
  const own = stalls();
  note(`the machine stalls for ${(own.share * 100).toFixed(1)} % of the time, at most ${own.longestMs.toFixed(1)} ms`);
  const report = (what: string, { server, viewers, ageMs, lost, doubled }: Crowd) =>
    note(`${what} ${server}, ${viewers} viewers: p99 ${ageMs.p99} ms; lost ${lost}, doubled ${doubled}`);
  const noted = async <T>(measuring: Promise<T>, line: (result: T) => string) => {
    const result = await measuring;
    note(line(result));
    return result;
  };
  try {
    const bareLoop = await startBareLoop();
    servers.push(bareLoop);
    if (has('G1', 'G2', 'G10')) {
      servers.push(await startDurableStreams(), await startNchan(ground.services));
      const centrifugo = await startCentrifugo(ground.services, note);
      if ('missing' in centrifugo) {
        note(`Centrifugo is left out: ${centrifugo.missing}`);
        leftOut.push({ server: 'Centrifugo', why: centrifugo.missing });
      } else servers.push(centrifugo);
    }
    const one: Element<'one'>[] = [];
    const thousand: Element<'thousand'>[] = [];
    const tenThousand: Element<'tenThousand'>[] = [];
    const each = async (viewers: number) => {
      const crowds: Crowd[] = [];
      for (const served of servers)
        crowds.push(await crowd(served, readers, { viewers, rate: RATE, seconds: SECONDS }));
      return crowds;
    };
    for (let run = 0; run < runs; run += 1) {
      if (has('G1')) {
        const clientWatch = await direct(gateway, RATE, SECONDS);
        note(`G1: client.watch p99 ${clientWatch.p99} ms`);
        const crowds = await each(1);
        one.push({ clientWatch, crowds });
        for (const alone of crowds) report('G1:', alone);
      }
      if (has('G2', 'G10')) {
        const crowds = await each(sized(1_000));
        thousand.push(crowds);
        for (const crowded of crowds) report('G2, G10:', crowded);
      }
      if (has('G3', 'G7', 'G9')) {
        const many = { viewers: sized(10_000), rate: RATE, seconds: SECONDS };
        const times: number[] = [];
        const beside = (story: Story, signal: AbortSignal) => askState(gateway.port, story, signal, times);
        const measured = await crowd(gateway, readers, { ...many, beside });
        const bare = await crowd(bareLoop, readers, many);
        const besideStopped = await crowd(gateway, readers, { ...many, stopped: sized(500) });
        tenThousand.push({ gateway: measured, bareLoop: bare, besideStopped, restMs: summaryOf(times) });
        for (const crowded of [measured, bare, besideStopped]) report('G3, G7:', crowded);
      }
    }
    const measured = {
      goals,
      scale,
      runs,
      pinned: ONE_CORE.length > 0,
      leftOut,
      stalls: own,
      tokensPerSecond: RATE,
      seconds: SECONDS,
      coldStartMs: gateway.startedMs,
      ...(has('G1') && { one }),
      ...(has('G2', 'G10') && { thousand }),
      ...(has('G3', 'G7', 'G9') && { tenThousand }),
      ...(has('G4') && {
        idle: await noted(
          idle(gateway, readers, sized(10_000)),
          ({ bytesEach, coreShare }) => `G4: ${Math.round(bytesEach)} bytes each, ${coreShare} of a core`,
        ),
      }),
      ...(has('G5') && {
        manyStories: await noted(
          manyStories(gateway, readers, sized(2_000), SECONDS),
          ({ stories, ageMs, lost }) => `G5: ${stories} stories: p99 ${ageMs.p99} ms; lost ${lost}`,
        ),
        halfOfStories: await noted(
          manyStories(gateway, readers, sized(1_000), SECONDS),
          ({ stories, ageMs, lost }) => `G5, half: ${stories} stories: p99 ${ageMs.p99} ms; lost ${lost}`,
        ),
      }),
      ...(has('G6') && {
        storm: await noted(
          storm(gateway, readers, sized(10_000)),
          ({ caughtUpMs, snapshots }) => `G6: caught up p99 ${caughtUpMs.p99} ms; ${snapshots} snapshots`,
        ),
      }),
      ...(has('G8') && {
        handover: await noted(
          handover(gateway, readers, sized(10_000)),
          ({ endedMs, lost }) => `G8: ended in ${Math.round(endedMs)} ms; lost ${lost}`,
        ),
      }),
      ...(has('G11') && {
        kills: await noted(
          kills(ground, gateway, sized(100)),
          ({ right, texts }) => `G11: ${right} of ${texts} texts are right`,
        ),
      }),
    };
    return { gateway: measured, checks: checksOf(measured, goals) };
  } finally {
    await readers.close();
    for (const served of servers) await served.close();
  }
}

/** Asks for the state of the project again and again; notes the milliseconds of each answer. */
async function askState(port: number, { path }: Story, signal: AbortSignal, times: number[]): Promise<void> {
  while (!signal.aborted) {
    const began = performance.now();
    await new Promise<void>((resolve, reject) => {
      const asked = request({ port, path: path.replace(/\/events$/, '') }, (answer) => {
        answer.resume().once('end', resolve);
      });
      asked.once('error', reject).end();
    });
    times.push(performance.now() - began);
    await sleep(REST_MS);
  }
}
