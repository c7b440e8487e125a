import type { OpenPath, Path } from '../paths/path';
import type { Ground } from './ground';

/** Runs `work` with one path's worker and whatever else it needs, and closes it; two at once would share the machine. */
export async function withPath<T>(ground: Ground, path: Path, work: (open: OpenPath) => Promise<T>): Promise<T> {
  const open = await path.open(ground.services);
  try {
    return await work(open);
  } finally {
    await open.close();
  }
}
