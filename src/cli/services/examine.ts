import type { Connection } from '@temporalio/client';
import { shownAddress } from '../../address';
import type { Config } from '../../config';
import { StoryreelError } from '../../protocol';
import { openMediaStore } from '../../storage';
import { lacksOfWorkers, missingSearchAttributes, nameOf, reasonOf, servedQueues } from '../../readiness';
import { loadWorker } from '../load-worker';
import { examineDatabase } from './examine-database';
import { examineRedis } from './examine-redis';
import type { Finding } from './finding';
import { faultOfSchedule, reconcileScheduleIn, strayReconcilers } from './reconcile-schedule';
import { withTemporal } from './temporal-namespace';

/** Looks at every service at the same time and changes nothing that is there. Never throws for what it finds. */
export async function examine(config: Config): Promise<Finding[]> {
  // First, because this process reads no answer while it loads: on a busy machine every connection would seem too late.
  const worker = await loadWorker().catch((error: unknown) => reasonOf(error));
  const [temporal, database, redis, media, ffmpeg] = await Promise.all([
    examineTemporal(config),
    examineDatabase(config),
    examineRedis(config),
    examineMedia(config),
    examineFfmpeg(config, worker),
  ]);
  return [...temporal, database.postgres, redis, media, ffmpeg, ...database.providers];
}

/** Temporal, and the workers that it knows. */
async function examineTemporal(config: Config): Promise<Finding[]> {
  const known = { service: 'temporal', address: config.TEMPORAL_ADDRESS };
  const namespace = config.TEMPORAL_NAMESPACE;
  try {
    return await withTemporal(config, async (connection) => {
      const { serverVersion: version } = await connection.workflowService.getSystemInfo({});
      const missing = await missingSearchAttributes(connection, namespace);
      const found = { ...known, version };
      const advice = 'Run "storyreel migrate".';
      if (missing.length > 0) {
        const detail = `the search attributes ${missing.join(', ')} are missing`;
        return [{ ...found, ok: false, detail, advice }, await examineWorkers(connection, config)];
      }
      const fault = faultOfSchedule(await reconcileScheduleIn(connection, config), config);
      const strays = await strayReconcilers(connection, config).catch(() => []);
      const detail = [
        `namespace ${namespace}, search attributes registered`,
        ...(fault ? [fault.detail] : []),
        ...strays.map(({ scheduleId }) => `the schedule ${scheduleId} is of a task queue without workers`),
      ].join(', ');
      const advices = [...(fault ? [fault.advice] : []), ...strays.map((stray) => stray.advice)];
      return [
        { ...found, ok: true, detail, ...(advices.length > 0 && { advice: advices.join('\n    ') }) },
        await examineWorkers(connection, config),
      ];
    });
  } catch (error) {
    const isThere = error instanceof StoryreelError && error.type === 'Config.Invalid';
    const advice = isThere ? error.message : 'Start Temporal, or correct TEMPORAL_ADDRESS.';
    return [{ ...known, ok: false, detail: isThere ? 'a setting does not fit it' : reasonOf(error), advice }];
  }
}

/** Whether stories that begin now find somebody who does the work. */
async function examineWorkers(connection: Connection, config: Config): Promise<Finding> {
  const known = { service: 'worker', address: config.TEMPORAL_TASK_QUEUE };
  const queues = await servedQueues(connection, config).catch((error: unknown) => reasonOf(error));
  if (typeof queues === 'string') {
    return { ...known, ok: false, detail: queues, advice: 'Let this client describe task queues.' };
  }
  const lacks = lacksOfWorkers(queues, config.TEMPORAL_NAMESPACE);
  if (lacks.length > 0) {
    const [detail, advice] = [
      lacks.map(({ what }) => what).join('; '),
      lacks.map((lack) => lack.advice).join('\n    '),
    ];
    return { ...known, ok: false, detail, advice };
  }
  const current = queues[0]?.current.map(nameOf).join(', ');
  return { ...known, ok: true, detail: `every task queue is served, current build: ${current}` };
}

/** Does what a worker does before it pays for an image, and leaves an empty folder. */
async function examineMedia(config: Config): Promise<Finding> {
  const { MEDIA_URL, MEDIA_DIR } = config;
  const known = { service: 'media', address: MEDIA_URL === undefined ? MEDIA_DIR : shownAddress(MEDIA_URL) };
  try {
    const free = await (await openMediaStore(config)).probe();
    return {
      ...known,
      ok: true,
      detail: `${(free / 1e9).toFixed(1)} GB free${MEDIA_URL === undefined ? '' : ` in ${MEDIA_DIR}`}`,
    };
  } catch (error) {
    const { message } = error as Error;
    return { ...known, ok: false, detail: reasonOf(error), advice: message };
  }
}

/** Does what a film needs of it: one that cannot encode is found out before everything is paid. */
async function examineFfmpeg(
  config: Config,
  worker: Awaited<ReturnType<typeof loadWorker>> | string,
): Promise<Finding> {
  const known = { service: 'ffmpeg', address: config.FFMPEG_PATH };
  if (typeof worker === 'string') {
    return { ...known, ok: false, detail: worker, advice: 'A program that only uses the client needs no ffmpeg.' };
  }
  const { version, fault } = await worker.tryFfmpeg(config);
  const found = { ...known, ...(version !== undefined && { version }) };
  if (fault === undefined) return { ...found, ok: true };
  const advice =
    version === undefined
      ? 'Install ffmpeg, or set FFMPEG_PATH to it.'
      : 'Set FFMPEG_PATH to an ffmpeg that has libx264, mov_text and concat: most of those that systems bring have them.';
  return { ...found, ok: false, detail: fault, advice };
}
