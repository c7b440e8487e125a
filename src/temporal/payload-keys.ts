import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Config } from '../config';
import { StoryreelError } from '../protocol';
import { keepSecret } from '../scrub';

/** The keys of PAYLOAD_KEY_FILE by their ids, in their order: the first one encrypts, each decrypts. */
export type PayloadKeys = ReadonlyMap<string, Buffer>;

const KEY_BYTES = 32;

/** Empty if PAYLOAD_KEY_FILE is not set. Throws `Config.Invalid`. */
export function readPayloadKeys({ PAYLOAD_KEY_FILE: file }: Config): PayloadKeys {
  if (file === undefined) return new Map();
  let text;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw invalid(`names a file that cannot be read (${(cause as { code?: string }).code}): ${file}`);
  }
  const lines = text.split('\n').map((line) => line.trim());
  const keys = lines.filter((line) => line !== '' && !line.startsWith('#')).map(toKey);
  if (keys.length === 0) throw invalid('must hold at least one key');
  return new Map(keys.map((key) => [idOf(key), key]));
}

function toKey(line: string): Buffer {
  const key = Buffer.from(line, 'base64');
  if (!/^[A-Za-z\d+/]{43}=$/.test(line) || key.length !== KEY_BYTES) {
    throw invalid('must hold one key of 32 bytes in base64 a line, as "openssl rand -base64 32" prints it');
  }
  keepSecret(line);
  return key;
}

/** Made from the key itself, so that no two keys can have the same id and no payload is opened with the wrong one. */
function idOf(key: Buffer): string {
  return createHash('sha256').update('storyreel payload key').update(key).digest('hex').slice(0, 16);
}

function invalid(what: string): StoryreelError {
  return new StoryreelError('Config.Invalid', `PAYLOAD_KEY_FILE ${what}. See docs/configuration.md.`);
}
