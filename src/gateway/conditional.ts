import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { MAX_INTEGER, StoryreelError } from '../protocol';
import type { OwnedProject } from './owned-project';
import { Refusal } from './problem';

const VERSION = /^(?:W\/)?"v(\d+)(?:-[^"]*)?"$/;

/** The entity tag of an answer body. */
export function tagOf(body: unknown): string {
  return `"${hashOf(body)}"`;
}

/**
 * The entity tag of a project, or of its editable part: its version, which `If-Match` compares, and a hash of the rest.
 */
export function versionTag(view: { readonly version: number }): string {
  return `"v${view.version}-${hashOf(view)}"`;
}

/** Whether the caller has this already. */
export function isKnown({ headers }: Pick<FastifyRequest, 'headers'>, tag: string): boolean {
  const given = headers['if-none-match']?.split(',').map((each) => each.trim().replace(/^W\//, ''));
  return given !== undefined && (given.includes(tag) || given.includes('*'));
}

/** Sends the body, or 304 to a client that has it already. */
export function sendTagged(
  request: FastifyRequest,
  reply: FastifyReply,
  body: unknown,
  tag = tagOf(body),
): FastifyReply {
  void reply.header('etag', tag).header('cache-control', 'private, no-cache');
  return isKnown(request, tag) ? reply.code(304).send() : reply.send(body);
}

/**
 * The version that a change was made from; undefined for `*`, and for none. Of a list, one that is there counts, whichever
 * it is. Tags that a proxy has made weak name their version as well as others. Throws `Request.Invalid`.
 */
export async function versionToMatch(
  { headers }: Pick<FastifyRequest, 'headers'>,
  project: OwnedProject,
): Promise<number | undefined> {
  const given = headers['if-match']?.trim();
  if (given === undefined || given === '*') return undefined;
  const versions = given.split(',').map((tag) => VERSION.exec(tag.trim())?.[1]);
  if (versions.includes(undefined)) {
    throw new StoryreelError('Request.Invalid', 'If-Match must be the ETag of a project, like "v7", or *.');
  }
  // No project has so many: it is a version that nobody has.
  const all = versions.map((version) => Math.min(Number(version), MAX_INTEGER));
  const [first] = all;
  if (all.length === 1) return first;
  const { version: now } = await project.status();
  return all.includes(now) ? now : first;
}

/** The outcome of a change. A conflict states the version that is there now. */
export async function orPresentVersion<T>(change: Promise<T>, project: OwnedProject): Promise<T> {
  try {
    return await change;
  } catch (error) {
    if (!(error instanceof StoryreelError) || error.type !== 'Project.Conflict') throw error;
    throw new Refusal(error.type, error.message, { version: (await project.status()).version });
  }
}

function hashOf(body: unknown): string {
  return createHash('sha256').update(JSON.stringify(body)).digest('base64url').slice(0, 16);
}
