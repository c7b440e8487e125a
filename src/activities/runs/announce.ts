import { ProjectStage, usageOf, type Lane, type Project } from '../../entities';
import {
  laneParts,
  personCommands,
  StoryreelError,
  type EventBody,
  type LaneAddress,
  type LaneId,
  type UsageTotals,
} from '../../protocol';
import { isFollowedByRun, currentFence } from '../lanes/current-fence';
import { loadLane, storedIn, type LoadedLane } from '../../planning';
import { BUILT_IN, type StageContext, type StoredResult } from '../../stages';
import { TextWriter, type EventLog, type LaneWriter } from '../../stream';
import { BUSY } from './end-run';
import { laneNow } from '../lanes/lane-of-scene';
import { publishEnd, writerOf, type EndSource, type LaneEnd } from './publish-end';
import { publishStageProgress, type AnnouncedLane } from './stage-progress';

interface Announcement extends LaneAddress, AnnouncedLane {
  /** The attempt's own writer, if it has just streamed the text. */
  readonly text?: TextWriter;
}

const FLUSH_MS = 2_000;

/** How often the end of a lane is published while the log lacks text of it. */
const MAX_TRIES = 5;

/**
 * Announces how a lane has ended, from what Postgres holds: committed, skipped, or waiting for a person. Announcing it
 * again changes nothing. Rejects if the announcement failed.
 * Glossary: announce.
 */
export async function announceLane(source: EndSource, { text, ...address }: Announcement): Promise<void> {
  const { projectId, runId } = address;
  const [lane, loaded] = await presentLane(source, address);
  // Nobody watches a scene that is gone. A newer run announces its own end of the lane.
  if (!loaded?.row || isFollowedByRun(loaded.context.project, runId, currentFence())) return;
  const announcement = { projectId, lane, runId, ...(text && lane === address.lane && { text }) };
  const { row, context } = loaded;
  switch (row.status) {
    case 'completed':
      return announceSettled(source, announcement, row, context);
    case 'skipped':
      return announceSkipped(source, announcement, row);
    case 'needs_attention':
    case 'cancelled':
      return announceParked(source, announcement, row, context.project);
    // An attempt that began after this end announces its own end.
    default:
      return;
  }
}

/** The lane under its current name, which is another one if its scene has moved. */
async function presentLane(
  source: EndSource,
  address: LaneAddress,
): Promise<readonly [LaneId, LoadedLane | undefined]> {
  const { projectId, lane, scene } = address;
  const loaded = await loadLane(source, projectId, lane);
  if (!loaded || scene === undefined || loaded.context.scene?.id === scene) return [lane, loaded];
  const now = await laneNow(source.dataSource.manager, address);
  return now === undefined ? [lane, undefined] : [now, await loadLane(source, projectId, now)];
}

/** As `announceLane`, for a step that has done other work: returns false if another step must announce. */
export async function announcedNow(source: EndSource, announcement: Announcement): Promise<boolean> {
  return announceLane(source, announcement).then(
    () => true,
    (error: Error) => {
      const { projectId, lane } = announcement;
      source.logger.info({ projectId, lane, err: error.message }, 'the end of a lane cannot be announced now');
      return false;
    },
  );
}

/**
 * Publishes the rest of the text if the log lacks any, then `done` with its length and hash, then the progress of the
 * stage. After the last lane it also publishes the stage's end.
 */
async function announceSettled(
  source: EndSource,
  announcement: Announcement,
  row: Lane,
  context: StageContext,
): Promise<void> {
  const stored = await storedIn(context, announcement.lane);
  if (!stored) return;
  const { fence } = await publishLaneEnd(source, announcement, row, stored);
  await publishStageProgress(source, { ...announcement, fence }, stored.metadata);
}

/** The run continues without the lane; this may complete its stage. */
async function announceSkipped(source: EndSource, announcement: Announcement, row: Lane): Promise<void> {
  const { lane, runId } = announcement;
  const published = await publishEnd(source, row, () => ({
    events: [{ type: 'stage_update', status: 'skipped' }],
    once: { key: `skipped:${runId}:${lane}:${endedAt(row)}`, value: 1 },
  }));
  await publishStageProgress(source, { ...announcement, fence: published.row.fence });
}

/** The lane waits for a person; the event contains the commands to type. */
async function announceParked(
  source: EndSource,
  { projectId, lane }: Announcement,
  row: Lane,
  project: Project,
): Promise<void> {
  const { manager } = source.dataSource;
  const { stage, error, attempt } = row;
  const status = row.status as 'needs_attention' | 'cancelled';
  // After the end of a run, its lanes do not wait for a person; the run's end announces them.
  if (!error || !BUSY.some((busy) => busy === project.status)) return;
  const attempts = status === 'cancelled' ? 0 : Math.max(attempt, 1);
  const failed: EventBody = { type: 'error', error: error.message, retry_count: attempts };
  // A client that watches this stage alone is ended only when the stage can do no more without a person.
  const ended = await manager.existsBy(ProjectStage, { projectId, stage, status: 'needs_attention' });
  await publishEnd(source, row, () => ({
    events: [
      { type: 'stage_update', status },
      { type: 'attention', error, commands: personCommands(projectId, lane) },
      ...(ended ? [failed] : []),
    ],
    once: { key: `parked:${lane}:${endedAt(row)}`, value: 1 },
    ...(ended && { legacy: [{ stage, body: failed }] }),
  }));
}

/** Another end of the same lane is another one, whatever its fence. */
function endedAt({ finishedAt }: Lane): number {
  return finishedAt?.getTime() ?? 0;
}

async function publishLaneEnd(
  source: EndSource,
  { runId, text }: Announcement,
  row: Lane,
  stored: StoredResult,
): Promise<Lane> {
  const end = await settledEnd(source, row, stored, runId);
  let owner = row;
  let textWriter = text;
  try {
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const published = await publishEnd(source, owner, end);
      if (published.reply.kind !== 'gap') return published.row;
      // The log lacks text: it was away, or it holds another attempt's.
      if (published.row.fence !== owner.fence) {
        textWriter?.close();
        textWriter = undefined;
      }
      owner = published.row;
      if (!textWriter) textWriter = await continuedWriter(source.log, writerOf(owner), stored.text ?? '');
      else if (tries > 0) textWriter.resend(published.reply.length);
      if (!(await textWriter.flush(FLUSH_MS)))
        throw new StoryreelError('Stream.Unavailable', 'The log did not take the rest of the text.');
    }
    throw new StoryreelError('Stream.Unavailable', 'The log keeps losing text.');
  } finally {
    textWriter?.close();
  }
}

/** The events that announce a settled lane, for the fence under which they are published. */
async function settledEnd(
  { dataSource, stages = BUILT_IN }: EndSource,
  { projectId, lane }: Lane,
  stored: StoredResult,
  runId: string,
): Promise<(owner: Lane) => LaneEnd> {
  const { stage, scene } = laneParts(lane);
  const { own: usage, project } = await usageOf(dataSource.manager, projectId, lane);
  const { item: itemType = stage } = stages.definition(stage);
  const item: EventBody | undefined =
    scene === undefined
      ? undefined
      : {
          type: 'item_completed',
          item_type: itemType,
          sequence_number: scene,
          ...(stored.metadata && { metadata: stored.metadata }),
        };
  const events: EventBody[] = [
    ...(stored.text === undefined
      ? []
      : [{ type: 'done' as const, metadata: { length: stored.bytes, sha256: stored.sha256 } }]),
    ...(item ? [item] : []),
    { type: 'stage_update', status: 'completed' },
    ...(isPaid(usage) ? [{ type: 'usage' as const, ...usage, project }] : []),
  ];
  return ({ fence }) => ({
    events,
    once: { key: `settled:${runId}:${lane}`, value: fence },
    ...(stored.text !== undefined && { needsBytes: stored.bytes }),
    ...(item && { legacy: [{ stage, body: item }] }),
  });
}

function isPaid({ input_tokens: input, output_tokens: output, images, video_seconds: seconds }: UsageTotals): boolean {
  return input + output > 0 || images !== undefined || seconds !== undefined;
}

/** Continues the log's text if that is this text or its beginning; otherwise publishes the whole text again. */
async function continuedWriter(log: EventLog, writer: LaneWriter, text: string): Promise<TextWriter> {
  const held = await log.lane(writer.projectId, writer.lane);
  if (held?.text && text.startsWith(held.text)) {
    const textWriter = new TextWriter({ log, writer, continued: { text: held.text, how: 'reuse' } });
    textWriter.open();
    textWriter.write(text.slice(held.text.length));
    return textWriter;
  }
  const textWriter = new TextWriter({ log, writer, reason: 'rerun' });
  textWriter.write(text);
  return textWriter;
}
