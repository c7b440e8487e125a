import { parseBatchId, parseProjectId, shownValue } from '../protocol';
import { HttpFailure } from './problem-error';

/** The path of a project, or of something that it has. Throws `Project.NotFound`, as `StoryClient` does for no UUID. */
export function projectPath(given: unknown, what?: string): string {
  const id = parseProjectId(given);
  if (!id)
    throw new HttpFailure('Project.NotFound', `There is no project ${shownValue(given)}: a project id is a UUID.`, 0);
  return `/v1/projects/${id}${what === undefined ? '' : `/${what}`}`;
}

/** The path of a batch. Throws `Project.Invalid`, as `StoryClient` does for what is no name of a batch. */
export function batchPath(given: unknown): string {
  const id = parseBatchId(given);
  if (id) return `/v1/batches/${encodeURIComponent(id)}`;
  const rule = 'it has letters, digits, dots, dashes and underscores, at most 100, and begins with a letter or digit';
  throw new HttpFailure('Project.Invalid', `${shownValue(given)} is no name of a batch: ${rule}.`, 0);
}

/** The path of a media file of the project. Throws `Request.Invalid` for what is no hash. */
export function mediaPath(project: unknown, sha256: unknown): string {
  if (typeof sha256 === 'string' && /^[0-9a-f]{64}$/i.test(sha256)) return projectPath(project, `media/${sha256}`);
  const message = 'A media file is named by the SHA-256 of its content, in 64 hexadecimal digits.';
  throw new HttpFailure('Request.Invalid', message, 0);
}
