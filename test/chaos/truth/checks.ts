import { Lane, ModelUsage, Project, ProjectStage, type GeneratedVideo } from '../../../src/entities';
import { isTerminal, workflowIdOf, type LogEvent, type StoryStatusView } from '../../../src/protocol';
import { eventsInLog } from '../../support/raw-log';
import type { Played } from './play';
import { PRICES, type World } from './world';

/** What a run was not about was not begun, and is pending. */
const BUSY = ['processing', 'paused', 'needs_attention', 'awaiting_approval'];

/** What Temporal, Postgres, the log and the provider's own record say of a project whose run has ended, where they differ. */
export async function differences(world: World, played: Played): Promise<string[]> {
  const found = await Promise.all([
    rowsAgainstTemporal(world, played),
    logAgainstRows(world, played),
    paid(world, played),
  ]);
  return found.flat();
}

async function rowsAgainstTemporal({ rows, temporal }: World, played: Played): Promise<string[]> {
  const wrong: string[] = [];
  const { projectId } = played;
  const handle = temporal.workflow.getHandle(workflowIdOf(projectId));
  const { status, raw } = await handle.describe();
  const project = await rows.getRepository(Project).findOneByOrFail({ id: projectId });
  if (status.name.toLowerCase() !== project.status)
    wrong.push(`Temporal says ${status.name}, Postgres ${project.status}`);
  const first = raw.workflowExecutionInfo?.firstRunId;
  if (first && first !== project.runId) wrong.push(`Temporal's run is ${first}, Postgres has ${project.runId}`);
  const lanes = await rows.getRepository(Lane).findBy({ projectId });
  const stages = await rows.getRepository(ProjectStage).findBy({ projectId });
  for (const { lane, status: at } of lanes) if (BUSY.includes(at)) wrong.push(`lane ${lane} is ${at}`);
  for (const { stage, status: at } of stages) if (BUSY.includes(at)) wrong.push(`stage ${stage} is ${at}`);
  const view = await handle.query<StoryStatusView>('status');
  for (const { lane, status: at } of view.lanes) {
    if (at === 'pending' || BUSY.includes(at)) wrong.push(`lane ${lane} is ${at} in the workflow`);
    const row = lanes.find((each) => each.lane === lane);
    // What a person has written is settled whether its turn came or not; so is what a run wanted to look at once more.
    const isEdited = row?.status === 'completed' && played.edits > 0;
    // A lane of a scene that never came has no row.
    if (row && row.status !== at && !isEdited)
      wrong.push(`lane ${lane} is ${at} in the workflow, ${row.status} in Postgres`);
    if (!row && at === 'completed' && played.edits === 0) wrong.push(`lane ${lane} is completed without a row`);
  }
  for (const { lane, status: at, fence, settledFence, inputHash, acceptsInputs } of lanes) {
    if (at === 'completed' && (settledFence === null || (inputHash === null && !acceptsInputs)))
      wrong.push(`${lane} is completed, not settled`);
    if (settledFence !== null && settledFence > fence)
      wrong.push(`${lane} was settled by ${settledFence}, after ${fence}`);
  }
  return wrong;
}

async function logAgainstRows({ rows, config }: World, played: Played): Promise<string[]> {
  const wrong: string[] = [];
  const { projectId } = played;
  const events = await eventsInLog(config.REDIS_URL, projectId);
  const { status } = await rows.getRepository(Project).findOneByOrFail({ id: projectId });
  const ends = events.filter(isTerminal);
  const told =
    ends.at(-1)?.type === 'pipeline_done'
      ? 'completed'
      : (ends.at(-1) as { metadata?: { status?: string } })?.metadata?.status;
  const isLost = told === undefined && played.lostEnd;
  if (told !== status && !isLost) wrong.push(`the log says ${told}, Postgres ${status}`);
  if (!played.lostRedis) {
    // A terminated run is told of by the reconciler, if that comes before the next start.
    const most = played.runs.size;
    if (ends.length > most || ends.length < most - played.terminated) {
      wrong.push(`${most} runs, ${played.terminated} of them terminated, and ${ends.length} terminal events`);
    }
  }
  return [...wrong, ...fencesOf(events)];
}

/** Each lane is done once by an attempt, and its fences never go back. */
function fencesOf(events: readonly LogEvent[]): string[] {
  const wrong: string[] = [];
  const newest = new Map<string, number>();
  const done = new Set<string>();
  for (const { type, lane, fence, ...event } of events) {
    if (lane === undefined || fence === undefined) continue;
    if (fence < (newest.get(lane) ?? 0)) wrong.push(`${lane}: ${type} of ${fence} after ${newest.get(lane)}`);
    newest.set(lane, Math.max(fence, newest.get(lane) ?? 0));
    const settles = type === 'done' || (type === 'stage_update' && 'status' in event && event.status === 'completed');
    if (!settles) continue;
    const key = `${lane} ${fence} ${type}`;
    if (done.has(key)) wrong.push(`${key} twice`);
    done.add(key);
  }
  return wrong;
}

/** Tokens that a request may have sent and the reader of a closed connection has not seen. */
const UNDER_WAY = 60;

async function paid({ rows, control, kills }: World, played: Played): Promise<string[]> {
  const wrong: string[] = [];
  const { projectId } = played;
  const requests = await control.requests('');
  const chats = requests.filter(({ kind, replayed }) => kind === 'chat' && !replayed);
  const sent = chats.reduce((sum, { tokensSent }) => sum + tokensSent, 0);
  const usage = await rows.getRepository(ModelUsage).findBy({ projectId });
  for (const { lane, unit, outcome } of usage)
    if (outcome === 'in_flight') wrong.push(`a call of ${lane} (${unit}) is still open`);
  const counted = usage.reduce((sum, { outputTokens }) => sum + outputTokens, 0);
  const aborted = chats.filter((each) => each.aborted || each.fault);
  // What a killed worker was reading is counted by nobody.
  const lost = aborted.filter(({ endedAt }) => kills.some((at) => Math.abs((endedAt ?? at) - at) < 2_000));
  const slack = aborted.length * UNDER_WAY + lost.reduce((sum, { tokensSent }) => sum + tokensSent, 0);
  if (Math.abs(sent - counted) > slack) {
    wrong.push(
      `${sent} tokens were sent and ${counted} counted; ${slack} may differ, of ${aborted.length} broken answers`,
    );
  }

  const images = requests.filter(({ kind, replayed, status }) => kind === 'image' && !replayed && status === 200);
  const keys = images.map(({ idempotencyKey }) => idempotencyKey);
  for (const key of new Set(keys)) {
    if (keys.filter((each) => each === key).length > 1) wrong.push(`image ${key} was paid more than once`);
  }

  const unitsOf = (unit: string) => usage.reduce((sum, row) => sum + (row.unit === unit ? (row.units ?? 0) : 0), 0);
  if (unitsOf('image') < images.length) wrong.push(`${images.length} images were paid, ${unitsOf('image')} counted`);
  const jobs = await control.jobsOf(projectId);
  // Nobody pays for a job that the provider itself calls failed.
  const seconds = jobs.reduce((sum, job) => sum + (job.status === 'failed' ? 0 : Number(job.seconds)), 0);
  if (unitsOf('second') < seconds - 0.01) wrong.push(`${seconds} seconds were paid, ${unitsOf('second')} counted`);
  for (const clip of new Set(jobs.map(clipOf))) {
    const of = jobs.filter((job) => clipOf(job) === clip);
    const needed = of.filter(({ doomed, status }) => doomed || status === 'failed').length + 1 + played.forced;
    if (of.length > needed) wrong.push(`clip ${clip} was submitted ${of.length} times, ${needed} would do`);
  }
  const clips = await rows.query<GeneratedVideo[]>(
    `SELECT provider_job_id AS "providerJobId" FROM generated_videos WHERE project_id = $1 AND status = 'completed'`,
    [projectId],
  );
  for (const { providerJobId } of clips) {
    if (!jobs.some(({ id }) => id === providerJobId)) wrong.push(`the job ${providerJobId} is not the provider's`);
  }
  return wrong;
}

/** What the provider has charged so far, where that is more than the budget. Asked before the budget is taken away. */
export async function overspent({ control }: World, { projectId }: Played, budget: number): Promise<string[]> {
  const requests = (await control.requests('')).filter(({ replayed }) => !replayed);
  const tokens = requests.reduce((sum, { kind, tokensSent }) => sum + (kind === 'chat' ? tokensSent : 0), 0);
  const images = requests.filter(({ kind, status }) => kind === 'image' && status === 200).length;
  const jobs = (await control.jobsOf(projectId)).filter(({ doomed }) => !doomed);
  // Nobody pays for a job that the provider itself calls failed.
  const seconds = jobs.reduce((sum, job) => sum + (job.status === 'failed' ? 0 : Number(job.seconds)), 0);
  const charged =
    (tokens * PRICES.outputPerMillion) / 1_000_000 +
    images * PRICES.perImage +
    seconds * PRICES.perSecond +
    jobs.length * PRICES.perVideo;
  return charged > budget + 1e-9 ? [`the provider charged ${charged}, of a budget of ${budget}`] : [];
}

/** Lane and inputs of a job; what follows in its key is how often it was submitted. */
function clipOf({ idempotencyKey }: { readonly idempotencyKey: string | null }): string {
  return (idempotencyKey ?? '').split('/').slice(1, -1).join('/');
}
