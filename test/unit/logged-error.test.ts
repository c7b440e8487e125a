import { Writable } from 'node:stream';
import OpenAI from 'openai';
import { QueryFailedError } from 'typeorm';
import { createLogger } from '../../src/logger';
import { StoryreelError } from '../../src/protocol';
import { keepSecret } from '../../src/scrub';

const TEXT = 'Once upon a time there was a secret that nobody may read in a log';
const KEY = 'd3adbeefcafe4a5b9c8d7e6f5a4b3c2d';

function logged(write: (logger: ReturnType<typeof createLogger>) => void): {
  line: string;
  fields: Record<string, unknown>;
} {
  let line = '';
  const to = new Writable({ write: (chunk, _encoding, done) => ((line += String(chunk)), done()) });
  write(createLogger('debug', 'test', to));
  return { line, fields: JSON.parse(line) as Record<string, unknown> };
}

function refused(code: string, message: string): QueryFailedError {
  const cause = Object.assign(new Error(message), {
    code,
    severity: 'ERROR',
    table: 'lanes',
    detail: `Failing row: ${TEXT}`,
  });
  return new QueryFailedError(`UPDATE lanes SET text = '${TEXT}'`, [TEXT, { deep: TEXT }], cause);
}

describe('A log line', () => {
  test.each([
    ['40P01', 'deadlock detected'],
    ['23505', 'duplicate key value violates unique constraint "lanes_pkey"'],
  ])('has of a refused statement its code and its reason (%s), and neither text nor parameters', (code, message) => {
    const { line, fields } = logged((logger) => logger.warn({ err: refused(code, message) }, 'it failed'));
    expect(line).not.toContain('secret');
    expect(fields).toMatchObject({ msg: 'it failed', err: { type: 'QueryFailedError', code, table: 'lanes' } });
    expect(line).toContain(message.split('"')[0]?.trim());
    expect(line).toContain('logged-error.test');
  });

  test.each([
    ['22P02', `invalid input syntax for type json: "${TEXT}"`],
    ['P0001', `a trigger says: ${TEXT}`],
    ['XX000', TEXT],
  ])('has no message that may quote a value (%s)', (code, message) => {
    for (const err of [refused(code, message), refused(code, message).driverError]) {
      const { line, fields } = logged((logger) => logger.warn({ err }, 'it failed'));
      expect(line).not.toContain('secret');
      expect(fields).toMatchObject({ err: { code } });
    }
  });

  test('has neither the words nor the body of a provider', () => {
    const err = new OpenAI.BadRequestError(400, { message: TEXT }, undefined, new Headers({ 'set-cookie': KEY }));
    const { line, fields } = logged((logger) => logger.warn({ err }, 'it failed'));
    expect(line).not.toContain('secret');
    expect(fields).toMatchObject({ err: { type: 'BadRequestError', status: 400 } });
  });

  test.each([
    ['not JSON', () => JSON.parse(`${TEXT} {`) as unknown],
    [
      'a quotation',
      () => {
        throw new TypeError(`cannot read "${TEXT}"`);
      },
    ],
  ])('has no quotation of a text: %s', (_what, fail) => {
    const err = (() => {
      try {
        return fail();
      } catch (error) {
        return error;
      }
    })();
    const { line } = logged((logger) => logger.error({ err }));
    expect(line).not.toContain('upon a time there was');
  });

  test('names the cause and the path of what failed', () => {
    const cause = Object.assign(new Error(`ENOSPC: no space left on device, open '/a/rather/long/path/to/media'`), {
      code: 'ENOSPC',
      syscall: 'open',
    });
    const err = new StoryreelError('Media.Unavailable', 'The media folder cannot be used.', { cause });
    const { fields } = logged((logger) => logger.warn({ err }, 'it failed'));
    expect(fields).toMatchObject({
      err: { type: 'Media.Unavailable', cause: { code: 'ENOSPC', message: expect.stringContaining('path/to/media') } },
    });
  });

  test('has no key, wherever it is, and stays JSON', () => {
    keepSecret(KEY);
    keepSecret('1234567890');
    const { line, fields } = logged((logger) =>
      logger.info({ url: `http://x/?k=${KEY}`, deep: [{ a: KEY }], n: 1234567890, err: KEY }, `${KEY} is "wrong"`),
    );
    expect(line).not.toContain(KEY);
    expect(fields).toMatchObject({
      n: 1234567890,
      deep: [{ a: '[hidden]' }],
      msg: '[hidden] is "wrong"',
      err: '[hidden]',
    });
  });
});
