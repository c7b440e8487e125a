import { setTimeout as sleep } from 'node:timers/promises';
import {
  isFinal,
  laneParts,
  STAGES,
  StoryreelError,
  workflowIdOf,
  type LaneStatus,
  type ProjectId,
} from '../../../src/protocol';
import { until } from '../../support/until';
import type { Sequence, Step, Wait } from './steps';
import type { Viewer } from './viewer';
import type { World } from './world';

/** What a command may answer where it does not fit. Everything else is a fault. */
const REFUSALS = [
  'Message.Stale',
  'Project.NotRunning',
  'Project.AlreadyRunning',
  'Project.Invalid',
  'Project.Conflict',
  'Project.WouldReplaceEdits',
  'Lane.Busy',
  'Worker.Absent',
];

/** What was done to a project, as far as the checks need to know. */
export interface Played {
  readonly projectId: ProjectId;
  readonly runs: Set<string>;
  readonly done: string[];
  forced: number;
  terminated: number;
  edits: number;
  lostRedis: boolean;
  /** Redis was lost when the newest run had ended, and with Redis the event of that end. */
  lostEnd: boolean;
}

export async function play(world: World, played: Played, viewer: Viewer, { steps }: Sequence): Promise<void> {
  const began = Date.now();
  for (const { step, wait } of steps) {
    const outcome = await take(world, played, viewer, step).catch((error: unknown) => {
      if (error instanceof StoryreelError && REFUSALS.includes(error.type)) return `refused: ${error.type}`;
      throw new Error(`${describe(step)} failed: ${String(error)}`, { cause: error });
    });
    played.done.push(`${Date.now() - began} ms ${describe(step)}: ${outcome ?? 'done'}`);
    await pass(world, played, wait);
  }
}

const LONGEST_WAIT_MS = 4_000;

async function pass({ client }: World, { projectId }: Played, wait: Wait): Promise<void> {
  if (typeof wait === 'number') return sleep(wait);
  const isThere = async () => {
    const run = await client.runStatus(projectId).catch(() => undefined);
    const runs = run?.lanes.filter(({ status }) => status === 'processing') ?? [];
    return run === undefined || runs.length === 0 || runs.some(({ lane }) => laneParts(lane).stage === wait);
  };
  // Whether it comes at all is part of the dice.
  for (const end = Date.now() + LONGEST_WAIT_MS; Date.now() < end && !(await isThere());) await sleep(LOOK_MS);
}

/** A lane or gate to name in a command: one that it fits, else any. */
async function choose(world: World, played: Played, step: Extract<Step, { pick: number }>): Promise<string> {
  const run = await world.client.runStatus(played.projectId).catch(() => undefined);
  const of = (...statuses: LaneStatus[]) =>
    (run?.lanes ?? []).filter(({ status }) => statuses.includes(status)).map(({ lane }) => lane as string);
  const all = STAGES.map(({ name }) => name as string);
  const fitting = {
    retry: of('needs_attention', 'cancelled'),
    skip: of('needs_attention', 'cancelled', 'processing', 'pending', 'paused'),
    'cancel lane': of('processing', 'paused'),
    approve: run?.gates ?? [],
    reject: run?.gates ?? [],
  }[step.do];
  const among = fitting.length > 0 && step.pick % 5 > 0 ? fitting : all;
  return among[step.pick % among.length] ?? 'rewrite';
}

function describe({ do: name, ...more }: Step): string {
  return Object.keys(more).length === 0 ? name : `${name} ${JSON.stringify(more)}`;
}

async function take(world: World, played: Played, viewer: Viewer, step: Step): Promise<string | undefined> {
  const { client } = world;
  const { projectId } = played;
  switch (step.do) {
    case 'start':
      return void (await start(world, played, viewer, step.options));
    case 'start twice': {
      const both = await Promise.allSettled([1, 2].map(() => start(world, played, viewer, step.options)));
      const given = both.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
      for (const each of both) {
        if (each.status === 'rejected') refused(each.reason);
      }
      if (new Set(given).size > 1) throw new Error(`two runs at once: ${given.join(', ')}`);
      return `${given.length} of 2 given`;
    }
    case 'pause':
    case 'pause now':
      return void (await client.pause(projectId, { now: step.do === 'pause now' }));
    case 'resume':
      return void (await client.resume(projectId));
    case 'cancel':
      return (await client.cancel(projectId)).kind;
    case 'terminate':
      return world.temporal.workflow
        .getHandle(workflowIdOf(projectId))
        .terminate('chaos')
        .then(
          () => String((played.terminated += 1)),
          () => 'no run',
        );
    case 'reconcile': {
      const { runs } = await client.reconcile({ graceSeconds: 0 });
      return JSON.stringify(runs.repaired.filter((each) => each.projectId === projectId));
    }
    case 'retry':
    case 'skip':
    case 'cancel lane':
    case 'approve':
    case 'reject': {
      const name = await choose(world, played, step);
      return `${name} → ${JSON.stringify(await steer(world, projectId, step.do, name))}`;
    }
    case 'edit':
      return client.edit(projectId, step.changes).then(({ version }) => {
        played.edits += 1;
        return `version ${version}`;
      });
    case 'kill worker':
      return void (await world.killWorker());
    case 'hand over':
      return void (await world.handOver());
    case 'restart redis':
      return void (await world.restartRedis('kept'));
    case 'lose redis':
      played.lostRedis = true;
      await world.restartRedis('gone');
      played.lostEnd = played.runs.size > 0 && (await hasEnded(world, projectId));
      return;
    case 'fault':
      return void (await world.control.misbehave('', step.kind, step.fault, step.times));
  }
}

async function start(
  { client, temporal }: World,
  played: Played,
  viewer: Viewer,
  options: Parameters<World['client']['start']>[1],
): Promise<string> {
  const { workflowId } = await client.start(played.projectId, options);
  // Where the run goes on as a new execution, the first one's id is that of the run.
  const { raw } = await temporal.workflow.getHandle(workflowId).describe();
  const runId = raw.workflowExecutionInfo?.firstRunId ?? '';
  if (!played.runs.has(runId)) {
    if (options?.force) played.forced += 1;
    played.lostEnd = false;
  }
  played.runs.add(runId);
  viewer.look();
  return runId;
}

function steer(
  { client }: World,
  projectId: ProjectId,
  command: 'retry' | 'skip' | 'cancel lane' | 'approve' | 'reject',
  name: string,
): Promise<unknown> {
  switch (command) {
    case 'retry':
      return client.retry(projectId, name);
    case 'skip':
      return client.skip(projectId, name);
    case 'cancel lane':
      return client.cancelLane(projectId, name);
    case 'approve':
      return client.approve(projectId, name);
    case 'reject':
      return client.reject(projectId, name, { reason: 'make it brighter' });
  }
}

const END_MS = 100_000;
const LOOK_MS = 150;
/** A lane that fails again and again is gone on without. */
const MAX_RETRIES = 2;

/** As a person would: the run is brought to its end, however it stands. Throws where that takes too long. */
export async function drive(world: World, played: Played, viewer: Viewer, ending: Sequence['ending']): Promise<void> {
  const { client } = world;
  const { projectId } = played;
  await world.control.clear();
  if (ending === 'cancel') {
    await start(world, played, viewer, { join: true, replaceEdits: true });
    await client.cancel(projectId);
    await until('the cancelled run has ended', () => hasEnded(world, projectId));
    return;
  }
  const retries = new Map<string, number>();
  const deadline = Date.now() + END_MS;
  for (;;) {
    if (Date.now() > deadline) {
      const run = await client.runStatus(projectId).catch((error: Error) => error.message);
      throw new Error(`not finished within ${END_MS} ms: ${JSON.stringify(run)}`);
    }
    if (await hasEnded(world, projectId)) {
      if ((await client.status(projectId)).status === 'completed') return;
      await start(world, played, viewer, { replaceEdits: true }).catch(refused);
    }
    const run = await client.runStatus(projectId).catch(() => undefined);
    if (run?.status === 'paused') await client.resume(projectId).catch(refused);
    for (const gate of run?.gates ?? []) await client.approve(projectId, gate as 'rewrite').catch(refused);
    for (const { lane, status } of run?.lanes ?? []) {
      if (run && isFinal(run.status as 'completed')) break;
      if (status !== 'needs_attention' && status !== 'cancelled') continue;
      const tries = (retries.get(lane) ?? 0) + 1;
      retries.set(lane, tries);
      await (tries <= MAX_RETRIES ? client.retry(projectId, lane) : client.skip(projectId, lane)).catch(refused);
    }
    await sleep(LOOK_MS);
  }
}

function refused(error: unknown): void {
  if (!(error instanceof StoryreelError && REFUSALS.includes(error.type))) throw error;
}

async function hasEnded({ temporal }: World, projectId: ProjectId): Promise<boolean> {
  const { status } = await temporal.workflow.getHandle(workflowIdOf(projectId)).describe();
  return status.name !== 'RUNNING';
}
