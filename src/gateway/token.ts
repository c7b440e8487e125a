import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { parseProjectId, type ProjectId } from '../protocol';

/** The first signs, all verify: a key is changed by a new one in front, and the old one goes after the longest token. */
export type SigningKeys = ReadonlyMap<string, Buffer>;

const LEEWAY_SECONDS = 30;
const MAX_CHARACTERS = 2_000;
const ISSUER = 'storyreel';
const AUDIENCE = 'view';
const TYPE = 'sr-view+jwt';

const header = z.strictObject({ alg: z.literal('HS256'), typ: z.literal(TYPE), kid: z.string() });
const claims = z.strictObject({
  iss: z.literal(ISSUER),
  aud: z.literal(AUDIENCE),
  prj: z.string().transform((id) => parseProjectId(id)),
  epoch: z.int(),
  iat: z.int(),
  exp: z.int(),
  jti: z.string(),
  /** The one medium that a link shows; absent for a token of the whole project. */
  sha: z.string().optional(),
});

export interface TokenFacts {
  readonly id: string;
  readonly projectId: ProjectId;
  readonly epoch: number;
  readonly expiresAt: Date;
  /** The one medium that it shows; absent: all that is shown of the project. */
  readonly sha256?: string;
}

/** A compact JWT (RFC 7515, 7519). */
export function signToken(
  keys: SigningKeys,
  { id, projectId, epoch, expiresAt, sha256 }: TokenFacts,
  now = Date.now(),
): string {
  const [first] = keys;
  if (!first) throw new Error('there is no key to sign with');
  const [kid, key] = first;
  const body = {
    iss: ISSUER,
    aud: AUDIENCE,
    prj: projectId,
    epoch,
    jti: id,
    iat: Math.floor(now / 1000),
    exp: Math.floor(expiresAt.getTime() / 1000),
    ...(sha256 !== undefined && { sha: sha256 }),
  };
  const signed = `${encode({ alg: 'HS256', typ: TYPE, kid })}.${encode(body)}`;
  return `${signed}.${mac(key, signed).toString('base64url')}`;
}

/**
 * The claims of a token, if one of the keys has signed it and it is valid now. Only the algorithm of this file is
 * accepted, whatever the token names; every claim is required. Whether the token was revoked is checked elsewhere.
 */
export function verifyToken(keys: SigningKeys, token: string, now = Date.now()): TokenFacts | undefined {
  const [head = '', body = '', signature = '', ...more] = token.split('.');
  if (token.length > MAX_CHARACTERS || more.length > 0) return undefined;
  const kid = header.safeParse(decode(head)).data?.kid;
  const key = kid === undefined ? undefined : keys.get(kid);
  if (!key) return undefined;
  const wanted = mac(key, `${head}.${body}`);
  const given = Buffer.from(signature, 'base64url');
  // Another spelling of the same bytes would be another token.
  if (given.toString('base64url') !== signature) return undefined;
  if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) return undefined;
  const said = claims.safeParse(decode(body)).data;
  if (said?.prj === undefined) return undefined;
  const seconds = now / 1000;
  if (said.exp <= seconds || said.iat > seconds + LEEWAY_SECONDS) return undefined;
  return {
    id: said.jti,
    projectId: said.prj,
    epoch: said.epoch,
    expiresAt: new Date(said.exp * 1000),
    ...(said.sha !== undefined && { sha256: said.sha }),
  };
}

/** Reads the setting, which has been checked before: `2026-11:<base64>,2026-10:<base64>`. */
export function signingKeysIn(setting: string): SigningKeys {
  return new Map(
    setting.split(',').map((each) => {
      const [kid = '', key = ''] = each.split(':');
      return [kid, Buffer.from(key, 'base64')] as const;
    }),
  );
}

function mac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}

function decode(part: string): unknown {
  try {
    return JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
}
