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
 * How payloads are written and read, for clients and workers alike. Given codecs replace the one that has the keys of
 * PAYLOAD_KEY_FILE. Throws `Config.Invalid`.
 */
export function dataConverter(config: Config, codecs?: readonly PayloadCodec[]): { payloadCodecs: PayloadCodec[] } {
  return { payloadCodecs: codecs ? [...codecs] : [new EncryptionCodec(readPayloadKeys(config))] };
}

/**
 * Encrypts the payloads that Temporal stores with AES-256-GCM, in the layout of Temporal's samples: initialisation
 * vector, text, tag. Without keys it changes nothing. Payloads that are not encrypted are accepted unchanged. Keys can
 * therefore be added later, and operators need none to send messages.
 */
export class EncryptionCodec implements PayloadCodec {
  constructor(private readonly keys: PayloadKeys) {}

  async encode(payloads: Payload[]): Promise<Payload[]> {
    const [first] = this.keys;
    return first ? payloads.map((payload) => encrypted(payload, ...first)) : payloads;
  }

  /**
   * Rejects if one of our keys is missing. The task then fails and is repeated until a worker has the key, because a
   * wrong value would change the course of the run. A payload that none of our keys encrypted is passed on, and its
   * reader refuses it.
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

/** Undefined if this key did not make the payload. */
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
