import type { TakeBytes } from '../../providers';
import type { StoredMedia } from '../../storage';
import type { Inspected } from './inspect-clip';
import type { LaneRun } from '../lanes/lane-run';
import { measureClip } from './measure-clip';

export interface FetchedClip {
  readonly media: StoredMedia;
  readonly measured: Inspected;
}

/**
 * Downloads a clip into the store piece by piece, and decodes it to its end before it is kept. Throws `UnusableMedia`,
 * and keeps nothing, if the clip cannot be shown as a scene of the `ordered` seconds.
 */
export async function fetchClip(
  { deps: { media, config, onDiskFault }, signal }: LaneRun,
  ordered: number,
  download: (take: TakeBytes) => Promise<void>,
): Promise<FetchedClip> {
  const draft = await media.draft();
  try {
    await download((bytes) => draft.write(bytes));
    const measured = await measureClip(config.FFMPEG_PATH, draft.path, ordered, signal);
    return { media: await draft.keep(measured.mediaType), measured };
  } catch (error) {
    onDiskFault?.(error);
    throw error;
  } finally {
    await draft.drop();
  }
}
