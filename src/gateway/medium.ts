import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { mediaKey, type MediaStore } from '../storage';
import { bodyOf, NOT_MODIFIED, PROBLEM } from './answers';
import { isKnown } from './conditional';
import { exactly } from './exactly';
import { Refusal } from './problem';
import { rangeIn } from './range';

const TYPES = ['image/*', 'video/*'];

/** The answers with a medium, for the OpenAPI document. */
export const MEDIUM = {
  200: bodyOf('the medium', z.unknown(), ...TYPES),
  206: bodyOf('the part that was asked for', z.unknown(), ...TYPES),
  ...NOT_MODIFIED,
  416: PROBLEM,
};

interface Medium {
  readonly sha256: string;
  readonly bytes: number;
  readonly mediaType: string;
  /** Who may keep it, and for how long. */
  readonly cache: string;
}

/** Sends a medium, the part of it that was asked for, or 304 to one who has it. */
export async function sendMedium(
  request: FastifyRequest,
  reply: FastifyReply,
  media: MediaStore,
  { sha256, bytes, mediaType, cache }: Medium,
): Promise<FastifyReply> {
  const tag = `"${sha256}"`;
  const ifRange = request.headers['if-range'];
  // Only GET has parts (RFC 9110, 14.2).
  const takesPart = request.method === 'GET' && (ifRange === undefined || ifRange === tag);
  const range = takesPart ? rangeIn(request.headers.range, bytes) : 'whole';
  if (range === 'unsatisfiable' && !isKnown(request, tag)) {
    void reply.header('content-range', `bytes */${bytes}`);
    throw new Refusal('Request.Invalid', `The medium has ${bytes} bytes, and none of that range.`, { status: 416 });
  }
  void reply.headers({
    etag: tag,
    'cache-control': cache,
    'accept-ranges': 'bytes',
    // A provider's picture may hold scripts.
    'content-security-policy': "default-src 'none'; sandbox",
  });
  if (isKnown(request, tag) || range === 'unsatisfiable') return reply.code(304).send();
  const { start, end } = range === 'whole' ? { start: 0, end: bytes - 1 } : range;
  if (range !== 'whole') void reply.code(206).header('content-range', `bytes ${start}-${end}/${bytes}`);
  const length = end - start + 1;
  void reply.type(mediaType).header('content-length', length);
  // Without an empty stream, the server would state a length of 0 for an answer without a body.
  if (request.method === 'HEAD') return reply.send(Readable.from([]));
  const stream = await media.stream(mediaKey(sha256, mediaType), range === 'whole' ? undefined : range);
  return reply.send(exactly(length, stream));
}
