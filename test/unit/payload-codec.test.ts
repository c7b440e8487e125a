import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { defaultPayloadConverter, type Payload, type PayloadCodec } from '@temporalio/common';
import fc from 'fast-check';
import { readConfig } from '../../src/config';
import { dataConverter } from '../../src/temporal';
import { newFolder } from '../support/new-folder';

describe('The payloads that Temporal keeps', () => {
  const folder = newFolder();
  const file = join(folder, 'keys');
  const [one, two] = [randomBytes(32).toString('base64'), randomBytes(32).toString('base64')];
  const codecWith = (...lines: string[]): PayloadCodec => {
    writeFileSync(file, lines.join('\n'));
    const [codec] = dataConverter(readConfig({ PAYLOAD_KEY_FILE: file })).payloadCodecs;
    if (!codec) throw new Error('there is no codec');
    return codec;
  };
  const payload = (value: unknown): Payload => defaultPayloadConverter.toPayload(value);
  const valueOf = (payload: Payload | undefined): unknown => payload && defaultPayloadConverter.fromPayload(payload);

  test('are encrypted, each time otherwise, and come back as they were', async () => {
    const codec = codecWith(`# the key of this year`, one, '');
    await fc.assert(
      fc.asyncProperty(fc.array(fc.jsonValue()), async (values) => {
        const payloads = values.map(payload);
        const kept = await codec.encode(payloads);
        const again = await codec.encode(payloads);
        kept.forEach(({ data, metadata }, i) => {
          expect(Buffer.from(metadata?.['encoding'] ?? []).toString()).toBe('binary/encrypted');
          expect(data).not.toEqual(again[i]?.data);
        });
        expect((await codec.decode(kept)).map(valueOf)).toEqual(payloads.map(valueOf));
      }),
    );
  });

  test('are read with whichever key of the file they were written, and written with the first', async () => {
    const [old, both, next] = [codecWith(one), codecWith(two, one), codecWith(two)];
    const kept = await old.encode([payload('before')]);
    expect((await both.decode(kept)).map(valueOf)).toEqual(['before']);
    expect((await next.decode(await both.encode([payload('after')]))).map(valueOf)).toEqual(['after']);
    await expect(next.decode(kept)).rejects.toThrow(/key [\da-f]{16}, which is not in PAYLOAD_KEY_FILE/);
  });

  test('without a file are as they are, and what is encrypted is left to whoever has its key', async () => {
    const [plain] = dataConverter(readConfig({})).payloadCodecs;
    const given = [payload({ a: 1 })];
    expect(await plain?.encode(given)).toEqual(given);
    expect(await codecWith(one).decode(given)).toEqual(given);
    await expect(plain?.decode(await codecWith(one).encode(given))).rejects.toThrow('PAYLOAD_KEY_FILE');
  });

  test('stay as they came where they only look encrypted, so that they are refused and stop nobody', async () => {
    const codec = codecWith(one);
    const [kept] = await codec.encode([payload('x')]);
    if (!kept?.data) throw new Error('nothing was encrypted');
    const changed = { ...kept, data: kept.data.map((byte, i) => (i === 14 ? byte ^ 1 : byte)) };
    const cut = { ...kept, data: kept.data.subarray(0, 20) };
    const foreign = { ...kept, metadata: { ...kept.metadata, 'encryption-key-id': Buffer.from('their own') } };
    const bare = { metadata: { encoding: Buffer.from('binary/encrypted') } };
    const all = [changed, cut, foreign, bare];
    expect(await codec.decode(all)).toEqual(all);
  });

  test.each([
    ['nothing', ''],
    ['a key that is too short', 'c2hvcnQ='],
    ['no base64', 'x'.repeat(44)],
  ])('are not written at all where the file holds %s', (_what, text) => {
    expect(() => codecWith(text)).toThrow(/^PAYLOAD_KEY_FILE must hold (?!.*(c2hv|xxx))/);
  });
});
