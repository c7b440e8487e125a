import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { Payload, PayloadCodec } from '@temporalio/common';
import { temporal } from '@temporalio/proto';
import type { Config } from '../config';
import { readPayloadKeys, type PayloadKeys } from './payload-keys';

const { Payload: Wire } = temporal.api.common.v1;
const [ENCODING, KEY_ID] = ['encoding', 'encryption-key-id'];
const ENCRYPTED = 'binary/encrypted';
const CIPHER = 'aes-256-gcm';
const [IV_BYTES, TAG_BYTES] = [12, 16];
const OUR_ID = /^[\da-f]{16}$/;

/**
 * How payloads are written and read, for clients and workers alike. Codecs that are given take the place of the one that
 * PAYLOAD_KEY_FILE has keys for. Throws `Config.Invalid`.
 */
export function dataConverter(config: Config, codecs?: readonly PayloadCodec[]): { payloadCodecs: PayloadCodec[] } {
  return { payloadCodecs: codecs ? [...codecs] : [new EncryptionCodec(readPayloadKeys(config))] };
}

/**
 * Encrypts what Temporal keeps with AES-256-GCM, as Temporal's samples lay it out: initialisation vector, text, tag; without keys
 * it leaves all as it is. What is not encrypted is taken as it is, so that keys may come later and operators need none to send
 * messages.
 */
export class EncryptionCodec implements PayloadCodec {
  constructor(private readonly keys: PayloadKeys) {}

  async encode(payloads: Payload[]): Promise<Payload[]> {
    const [first] = this.keys;
    return first ? payloads.map((payload) => encrypted(payload, ...first)) : payloads;
  }

  /**
   * Rejects where a key of ours is missing: the task fails and is repeated until a worker has the key, where a wrong value would
   * change the course of the run. What was never encrypted with any of our keys is left to whoever reads it, and refused there.
   */
  async decode(payloads: Payload[]): Promise<Payload[]> {
    return payloads.map((payload) => {
      if (textOf(payload, ENCODING) !== ENCRYPTED) return payload;
      const id = textOf(payload, KEY_ID);
      const key = this.keys.get(id);
      if (key) return decrypted(payload, key) ?? payload;
      if (!OUR_ID.test(id)) return payload;
      throw new Error(`A payload is encrypted with the key ${id}, which is not in PAYLOAD_KEY_FILE`);
    });
  }
}

function encrypted(payload: Payload, id: string, key: Buffer): Payload {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv(CIPHER, key, iv);
  const data = [iv, cipher.update(Wire.encode(payload).finish()), cipher.final(), cipher.getAuthTag()];
  return {
    metadata: { [ENCODING]: Buffer.from(ENCRYPTED), [KEY_ID]: Buffer.from(id) },
    data: Buffer.concat(data),
  };
}

/** Undefined where it is not as that key made it. */
function decrypted({ data }: Payload, key: Buffer): Payload | undefined {
  if (!data || data.length < IV_BYTES + TAG_BYTES) return undefined;
  try {
    const decipher = createDecipheriv(CIPHER, key, data.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES });
    decipher.setAuthTag(data.subarray(data.length - TAG_BYTES));
    const plain = [decipher.update(data.subarray(IV_BYTES, data.length - TAG_BYTES)), decipher.final()];
    return Wire.decode(Buffer.concat(plain));
  } catch {
    return undefined;
  }
}

function textOf({ metadata }: Payload, name: string): string {
  const bytes = metadata?.[name];
  return bytes ? Buffer.from(bytes).toString('utf8') : '';
}
