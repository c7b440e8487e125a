import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Ground } from '../harness/ground';
import { summaryOf } from '../harness/summary';
import { checksOf, type Measured } from './goals/checks';
import { crowd, type Crowd } from './goals/crowd';
import { direct } from './goals/direct';
import { idle } from './goals/idle';
import { kills } from './goals/kills';
import { manyStories } from './goals/many-stories';
import { handover, storm } from './goals/storm';
import { startDurableStreams, startNchan } from './peers';
import { Readers } from './readers';
import { Gateway, ONE_CORE, startBareLoop, type Served, type Story } from './servers';

const RATE = 50;
const SECONDS = 10;
/** Between two requests for the state of a project beside the viewers. */
const REST_MS = 50;

export interface GatewayOptions {
  readonly note: (line: string) => void;
  /** Interleaved runs; medians are compared with the goals. */
  readonly runs: number;
  /** The share of the viewers, stories and texts of the goals; below 1, a trial. */
  readonly scale: number;
}

/** Viewers over HTTP, goal by goal, beside what else could serve them. In each run all servers take their turn. */
export async function gatewayBench(ground: Ground, { note, runs, scale }: GatewayOptions) {
  const sized = (full: number) => Math.max(2, Math.round(full * scale));
  const gateway = await Gateway.start(ground.services);
  const servers: Served[] = [gateway];
  const readers = await Readers.start();
  const report = (what: string, { server, viewers, ageMs, lost, doubled }: Crowd) =>
    note(`${what} ${server}, ${viewers} viewers: p99 ${ageMs.p99} ms; lost ${lost}, doubled ${doubled}`);
  try {
    servers.push(await startBareLoop(), await startDurableStreams(), await startNchan(ground.services));
    const one: Measured['one'][number][] = [];
    const thousand: Measured['thousand'][number][] = [];
    const tenThousand: Measured['tenThousand'][number][] = [];
    for (let run = 0; run < runs; run += 1) {
      const clientWatch = await direct(gateway, RATE, SECONDS);
      const alone: Crowd[] = [];
      for (const served of servers)
        alone.push(await crowd(served, readers, { viewers: 1, rate: RATE, seconds: SECONDS }));
      one.push({ clientWatch, crowds: alone });
      note(`G1: client.watch p99 ${clientWatch.p99} ms`);
      const crowds: Crowd[] = [];
      for (const served of servers)
        crowds.push(await crowd(served, readers, { viewers: sized(1_000), rate: RATE, seconds: SECONDS }));
      thousand.push(crowds);
      for (const each of alone) report('G1:', each);
      for (const each of crowds) report('G2:', each);

      const many = { viewers: sized(10_000), rate: RATE, seconds: SECONDS };
      const times: number[] = [];
      const beside = (story: Story, signal: AbortSignal) => askState(gateway.port, story, signal, times);
      const measured = await crowd(gateway, readers, { ...many, beside });
      const bareLoop = await crowd(servers[1] ?? gateway, readers, many);
      const besideStopped = await crowd(gateway, readers, { ...many, stopped: sized(500) });
      tenThousand.push({ gateway: measured, bareLoop, besideStopped, restMs: summaryOf(times) });
      for (const each of [measured, bareLoop, besideStopped]) report('G3, G7:', each);
    }
    const idleViewers = await idle(gateway, readers, sized(10_000));
    note(`G4: ${Math.round(idleViewers.bytesEach)} bytes each, ${idleViewers.coreShare} of a core`);
    const stories = await manyStories(gateway, readers, sized(2_000), SECONDS);
    note(`G5: ${stories.stories} stories: p99 ${stories.ageMs.p99} ms; lost ${stories.lost}`);
    const returned = await storm(gateway, readers, sized(10_000));
    note(`G6: caught up p99 ${returned.caughtUpMs.p99} ms; ${returned.snapshots} snapshots`);
    const stopped = await handover(gateway, readers, sized(10_000));
    note(`G8: ended in ${Math.round(stopped.endedMs)} ms; lost ${stopped.lost}`);
    const killed = await kills(ground, gateway, sized(100));
    note(`G11: ${killed.right} of ${killed.texts} texts are right`);
    const measured = {
      scale,
      runs,
      pinned: ONE_CORE.length > 0,
      tokensPerSecond: RATE,
      seconds: SECONDS,
      coldStartMs: gateway.startedMs,
      one,
      thousand,
      tenThousand,
      idle: idleViewers,
      manyStories: stories,
      storm: returned,
      handover: stopped,
      kills: killed,
    };
    return { gateway: measured, checks: checksOf(measured) };
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
