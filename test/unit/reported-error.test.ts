import { failureKind, statedStatus } from '../../src/providers/failure-kind';
import { errorIn, refusalOf } from '../../src/providers/reported-error';

describe('What a server states of a failure', () => {
  test.each<[what: string, body: unknown, said: object]>([
    [
      'OpenAI',
      { error: { message: 'no', type: 't', param: 'p', code: 'c' } },
      { message: 'no', type: 't', param: 'p', code: 'c' },
    ],
    ['a text', { error: 'STREAM_EXPLODED' }, { message: 'STREAM_EXPLODED' }],
    ['a list of texts', { error: ['out of memory'] }, { message: 'out of memory' }],
    ['a status', { error: 503, message: 'out of memory' }, { message: 'out of memory', code: '503' }],
    ['Baidu', { id: 'a', error_code: 17, error_msg: 'daily limit' }, { message: 'daily limit', code: '17' }],
    ['Vercel', { type: 'error', errorText: 'busy' }, { message: 'busy', type: 'error' }],
    ['Tencent', { Response: { Error: { Code: 'No', Message: 'busy' } } }, { message: 'busy', code: 'No' }],
    ['a number for a code', { error: { code: 429, message: 'slow' } }, { message: 'slow', code: '429' }],
    [
      'Google, in a list',
      [{ error: { code: 400, message: 'bad', status: 'INVALID_ARGUMENT' } }],
      { message: 'bad', code: '400', type: 'INVALID_ARGUMENT' },
    ],
    [
      'MiniMax',
      { choices: null, base_resp: { status_code: 1008, status_msg: 'insufficient balance' } },
      { message: 'insufficient balance', code: '1008' },
    ],
    [
      'FastAPI',
      { detail: [{ loc: ['body', 'seed'], msg: 'Extra inputs are not permitted', type: 'extra_forbidden' }] },
      { message: 'seed: Extra inputs are not permitted', param: 'seed', type: 'extra_forbidden' },
    ],
    [
      'vLLM',
      { object: 'error', message: 'too long', type: 'BadRequestError', code: 400 },
      { message: 'too long', code: '400', type: 'BadRequestError' },
    ],
    [
      'DashScope',
      { code: 'DataInspectionFailed', message: 'inappropriate', request_id: 'x' },
      { message: 'inappropriate', code: 'DataInspectionFailed' },
    ],
    [
      'Anthropic',
      { type: 'error', error: { type: 'overloaded_error', message: 'busy' } },
      { message: 'busy', type: 'overloaded_error' },
    ],
    [
      'Google, with when to try again beside the words',
      { error: { code: 429, message: 'Slow down.', details: [{ '@type': 'RetryInfo', retryDelay: '34s' }] } },
      { message: 'Slow down. Retry in 34s.', code: '429' },
    ],
    ['no words', { error: {} }, { message: 'no reason given' }],
  ])('is read as %s writes it', (_who, body, said) => {
    expect(errorIn(body)).toEqual(said);
  });

  test.each([
    ['GenerateRequestsPerDayPerProjectPerModel-FreeTier', 'quota'],
    ['GenerateRequestsPerMinutePerProjectPerModel-FreeTier', 'rate'],
  ])('is a matter of money or of patience by the quota that Google names: %s', (quotaId, kind) => {
    const details = [{ violations: [{ quotaId }] }, { retryDelay: '34s' }];
    const message = 'You exceeded your current quota. Please retry in 34.07s.';
    const stated = errorIn({ error: { code: 429, message, status: 'RESOURCE_EXHAUSTED', details } });
    expect(failureKind({ status: 429, ...stated })).toBe(kind);
  });

  test.each([
    [{ choices: [] }],
    [{ choices: [], error: null }],
    [{ choices: [], base_resp: { status_code: 0, status_msg: '' } }],
    [{ code: 0, data: { task_id: 'x' }, message: 'ok' }],
    [{ id: 'x', status: 'failed', message: 'm', code: 7 }],
    ['text'],
    [null],
    [[]],
  ])('is nothing in %j', (body) => {
    expect(errorIn(body)).toBeUndefined();
  });

  test.each([
    [{ message: '', code: '400' }, 400],
    [{ message: '', type: 'BadRequestError' }, 400],
    [{ message: '', code: 'content_policy_violation' }, 451],
    [{ message: 'insufficient balance', code: '1008' }, 402],
    [{ message: '', type: 'overloaded_error' }, 503],
    [{ message: 'STREAM_EXPLODED' }, undefined],
  ])('stands for a status: %j', (said, status) => {
    expect(statedStatus(said)).toBe(status);
  });

  test('of no money is known whatever the status', () => {
    expect(failureKind({ status: 403, message: 'user quota is not enough' })).toBe('quota');
    expect(failureKind({ status: 429, message: 'You exceeded your current quota, please check' })).toBe('quota');
    expect(failureKind({ status: 400, message: '账户余额不足' })).toBe('quota');
    expect(failureKind({ status: 429, message: 'Rate limit reached' })).toBe('rate');
  });

  test('in a web page is its title', () => {
    const page = '<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head><body>x</body></html>';
    expect(refusalOf(page)).toBe('{"error":{"message":"a web page, “502 Bad Gateway”"}}');
    expect(refusalOf('plain words')).toBe('plain words');
  });

  test('is read in a moment, however long', () => {
    for (const text of [' '.repeat(60_000), '<'.repeat(60_000), `<html>${'<title>'.repeat(9_000)}`]) {
      expect(refusalOf(text).length).toBeLessThanOrEqual(text.length + 100);
    }
    expect(
      failureKind({ status: 400, message: 'insufficient '.repeat(5_000), code: 'insufficient_'.repeat(5_000) }),
    ).toBe('bad-request');
  });
});
