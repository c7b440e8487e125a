import type { DataSource } from 'typeorm';
import { Lane, ProjectStage, usageTotals } from '../entities';
import { laneParts, stageOf, type EventBody, type LaneId, type ProjectId, type UsageTotals } from '../protocol';
import { isOutrun, ownFence } from './own-fence';
import { storedResult } from '../planning';
import { stageDefinition, type StageDefinition, type StoredResult } from '../stages';
import { TextWriter, type EventLog, type LaneWriter, type UpstreamMessage } from '../stream';

interface Source {
  readonly dataSource: DataSource;
  readonly log: EventLog;
}

interface Announcement {
  readonly projectId: ProjectId;
  readonly lane: LaneId;
  /** Each run tells of a lane once. */
  readonly runId: string;
  /** The attempt's own writer, where it has just streamed the text. */
  readonly text?: TextWriter;
}

const FLUSH_MS = 2_000;

/**
 * Tells viewers that a lane is settled, from what Postgres holds: the rest of the text if the log lacks any, `done` with
 * its length and hash, the progress of its stage and, after the last lane, the stage's end. Telling it again changes
 * nothing. Resolves false where the log cannot be reached now.
 */
export async function announceLane(source: Source, announcement: Announcement): Promise<boolean> {
  const { projectId, lane, runId } = announcement;
  const { manager } = source.dataSource;
  // A newer run tells its own.
  if (await isOutrun(manager, { projectId, runId }, ownFence())) return true;
  const row = await manager.findOneBy(Lane, { projectId, lane });
  // An attempt that came after this result tells its own.
  if (row?.status !== 'completed') return true;
  const stored = await storedResult(manager, projectId, lane);
  if (!stored) return true;
  const writer: LaneWriter = { projectId, lane, fence: row.fence, attempt: row.attempt };
  try {
    await tellLane(source, writer, stored, runId, announcement.text);
    await tellStage(source, projectId, lane, runId, stored.metadata);
    return true;
  } catch {
    return false;
  }
}

/** Tells viewers that the run goes on without a lane, and the end of its stage where it was the last one. */
export async function announceSkipped(source: Source, { projectId, lane, runId }: Announcement): Promise<void> {
  const { stage } = laneParts(lane);
  const { fence, attempt } = await source.dataSource.manager.findOneByOrFail(Lane, { projectId, lane });
  await source.log.publish({
    projectId,
    stage,
    writer: { projectId, lane, fence, attempt },
    events: [{ type: 'stage_update', status: 'skipped' }],
    mark: { key: `skipped:${runId}:${lane}`, value: fence },
  });
  await tellStage(source, projectId, lane, runId);
}

async function tellLane(
  { dataSource, log }: Source,
  writer: LaneWriter,
  stored: StoredResult,
  runId: string,
  text: TextWriter | undefined,
): Promise<void> {
  const { projectId, lane } = writer;
  const { stage, scene } = laneParts(lane);
  const definition = stageDefinition(stageOf(lane));
  const usage = await usageTotals(dataSource.manager, projectId, lane);
  const whole: EventBody | undefined =
    stored.text === undefined ? undefined : { type: 'done', metadata: { length: stored.bytes, sha256: stored.sha256 } };
  const item: EventBody | undefined =
    definition.item && scene !== undefined
      ? {
          type: 'item_completed',
          item_type: definition.item,
          sequence_number: scene,
          ...(stored.metadata && { metadata: stored.metadata }),
        }
      : undefined;
  const events: EventBody[] = [
    ...(whole ? [whole] : []),
    ...(item ? [item] : []),
    { type: 'stage_update', status: 'completed' },
    ...(isPaid(usage)
      ? [{ type: 'usage' as const, ...usage, project: await usageTotals(dataSource.manager, projectId) }]
      : []),
  ];
  const request = {
    projectId,
    stage,
    writer,
    events,
    mark: { key: `settled:${runId}:${lane}`, value: writer.fence },
    ...(stored.text !== undefined && { needsBytes: stored.bytes }),
    ...(item && { upstream: [{ stage, body: item }] }),
  };

  let carrier = text;
  try {
    for (let tries = 0; tries < 5; tries++) {
      const reply = await log.publish(request);
      if (reply.kind !== 'gap') return;
      // The log lacks text: it was away, or it holds another attempt's.
      carrier ??= await carrierOf(log, writer, stored.text ?? '');
      if (tries > 0) carrier.resend(reply.length);
      if (!(await carrier.flush(FLUSH_MS))) throw new Error('the log did not take the rest of the text');
    }
    throw new Error('the log keeps losing text');
  } finally {
    carrier?.close();
  }
}

function isPaid({ input_tokens: input, output_tokens: output, images, video_seconds: seconds }: UsageTotals): boolean {
  return input + output > 0 || images !== undefined || seconds !== undefined;
}

/** Goes on from what the log holds, where that is this text or its beginning; otherwise tells it anew. */
async function carrierOf(log: EventLog, writer: LaneWriter, text: string): Promise<TextWriter> {
  const held = await log.lane(writer.projectId, writer.lane);
  if (held?.text && text.startsWith(held.text)) {
    const carrier = new TextWriter({ log, writer, continued: { text: held.text, how: 'reuse' } });
    carrier.open();
    carrier.write(text.slice(held.text.length));
    return carrier;
  }
  const carrier = new TextWriter({ log, writer, reason: 'rerun' });
  carrier.write(text);
  return carrier;
}

/** Tells how far the stage is and, by the lane that viewers were told of last, that it has ended. */
async function tellStage(
  { dataSource, log }: Source,
  projectId: ProjectId,
  lane: LaneId,
  runId: string,
  made?: StoredResult['metadata'],
): Promise<void> {
  const { stage, scene } = laneParts(lane);
  const definition = stageDefinition(stageOf(lane));
  const { row, skipped, current, total, newest } = await countAnnounced(dataSource, projectId, lane, runId);

  if (scene !== undefined) {
    const progress = {
      type: 'progress' as const,
      current,
      total,
      progress: Math.floor((100 * current) / total),
      item_name: `scene ${scene}`,
    };
    await log.publish({
      projectId,
      stage,
      events: [progress],
      // After a rejection there is less of the stage than before.
      mark: { key: `progress:${runId}:${stage}:${row.fence}`, value: current },
      upstream: [{ stage, body: progress }],
    });
  }
  if (current < total) return;
  // Of a stage that runs once, what it made: a script finds the film's file here.
  const metadata = {
    completed: current - skipped,
    total,
    ...(skipped > 0 && { skipped }),
    ...(scene === undefined && made),
  };
  await log.publish({
    projectId,
    stage,
    events: [{ type: 'stage_completed', metadata }],
    mark: { key: `stage:${runId}:${stage}`, value: newest },
    upstream: stageEnd(definition, row, metadata),
  });
}

/** Viewers of this run know that it is done; what an earlier run has made of it does not count. */
export function isTold({ status, announcedRunId }: Lane, runId: string): boolean {
  return (status === 'completed' || status === 'skipped') && announcedRunId === runId;
}

/** Marks the lane as told in this run, and counts how many of its stage are; one lane of a stage at a time. */
async function countAnnounced(dataSource: DataSource, projectId: ProjectId, lane: LaneId, runId: string) {
  const { stage } = laneParts(lane);
  return dataSource.transaction(async (manager) => {
    const row = await manager.findOneOrFail(ProjectStage, {
      where: { projectId, stage },
      lock: { mode: 'pessimistic_write' },
    });
    await manager.update(Lane, { projectId, lane }, { announcedRunId: runId });
    const lanes = await manager.findBy(Lane, { projectId, stage });
    const told = lanes.filter((each) => isTold(each, runId));
    return {
      row,
      current: told.length,
      skipped: told.filter(({ status }) => status === 'skipped').length,
      total: lanes.length,
      newest: Math.max(...lanes.map(({ fence }) => fence)),
    };
  });
}

/** How a client that watches one stage of the old product learns that it has ended: always by `done`. */
function stageEnd(
  definition: StageDefinition,
  row: ProjectStage,
  metadata: Readonly<Record<string, unknown>>,
): UpstreamMessage[] {
  const { name: stage } = definition;
  return [
    {
      stage,
      body: {
        type: 'done',
        full_text: row.text ?? '',
        metadata: { ...metadata, length: row.textBytes ?? 0, ...(row.sha256 !== null && { sha256: row.sha256 }) },
      },
    },
    { stage, body: { type: 'stage_completed', metadata } },
  ];
}
