import { BATCH_ID, parseBatchId, parseProjectId, SHA256, shownValue } from '../protocol';
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
  throw new HttpFailure('Project.Invalid', `${shownValue(given)} is no name of a batch: it has ${BATCH_ID.rule}.`, 0);
}

/** The path of a media file of the project. Throws `Request.Invalid` for what is no hash. */
export function mediaPath(project: unknown, sha256: unknown): string {
  if (typeof sha256 === 'string' && SHA256.test(sha256)) return projectPath(project, `media/${sha256}`);
  const message = 'A media file is named by the SHA-256 of its content, in 64 hexadecimal digits of lower case.';
  throw new HttpFailure('Request.Invalid', message, 0);
}
