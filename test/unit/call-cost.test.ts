import OpenAI from 'openai';
import { bytesOf, costOf, mayBeCharged, noneOf, tokensIn, tokensInPiece } from '../../src/activities/usage/call-cost';
import type { ProviderPrices } from '../../src/entities';
import { pricesColumn } from '../../src/entities/prices';
import { StoryreelError } from '../../src/protocol';

const prices = { inputPerMillion: 1, outputPerMillion: 4, perImage: 0.04, perSecond: 0.1, perVideo: 0.05 };
const tokens = { unit: 'token' as const, input: 1_000, output: 500 };
const seconds = { unit: 'second' as const, units: 3 };
const image = { unit: 'image' as const, units: 1 };

describe('A call', () => {
  test.each([
    ['tokens', prices, tokens, 0.003],
    ['tokens of prompts alone', { inputPerMillion: 4 }, tokens, null],
    ['tokens of answers alone', { outputPerMillion: 4 }, tokens, null],
    ['tokens of which a half is free', { inputPerMillion: 0, outputPerMillion: 4 }, tokens, 0.002],
    ['an image', prices, image, 0.04],
    ['seconds and the clip', prices, seconds, 0.35],
    ['the clip alone', { perVideo: 0.5 }, seconds, 0.5],
    ['no clip', prices, noneOf(seconds), 0],
    ['what is free', { perImage: 0 }, image, 0],
    ['tokens without a price', { perImage: 1 }, tokens, null],
    ['an image without a price', { perSecond: 1 }, image, null],
    ['a clip without a price', { perImage: 1 }, seconds, null],
  ])('is priced by %s', (_, known, amount, cost) => {
    const priced = costOf(known, amount);
    if (cost === null) expect(priced).toBeNull();
    else expect(priced).toBeCloseTo(cost, 12);
  });

  test.each([
    [{ perImage: null }, null],
    [{ perImage: '0.04' }, null],
    [{ perImage: -1 }, null],
    [{ perImage: 0.04, since: 'May' }, 0.04],
    [[0.04], null],
    ['free', null],
  ])('has no price if a person has written none that is an amount: %j', (written, cost) => {
    expect(costOf((pricesColumn.from(written) ?? {}) as ProviderPrices, image)).toBe(cost);
  });

  const unreached = (code: string) => new OpenAI.APIConnectionError({ cause: Object.assign(new Error('x'), { code }) });
  test.each([
    ['400', new OpenAI.BadRequestError(400, {}, 'x', new Headers()), false],
    ['429', new OpenAI.RateLimitError(429, {}, 'x', new Headers()), false],
    ['503', new OpenAI.InternalServerError(503, {}, 'x', new Headers()), false],
    ['no connection', unreached('ECONNREFUSED'), false],
    ['an unknown host', unreached('ENOTFOUND'), false],
    ['a lost answer', unreached('ECONNRESET'), true],
    ['no answer in time', new OpenAI.APIConnectionTimeoutError(), true],
    ['a stream that was cut', new StoryreelError('Stream.Cut', 'x'), true],
    ['a cancellation', new Error('CANCELLED'), true],
  ])('that ended with %s may have to be paid: %#', (_, error, charged) => {
    expect(mayBeCharged(error)).toBe(charged);
  });

  test('reserves a token for each byte', () => {
    expect(bytesOf([{ role: 'user', content: '灯塔 x' }])).toBe(8);
  });

  test.each([
    ['', 0],
    ['a', 1],
    ['abcde', 2],
    ['灯塔守护人', 8],
    ['Léa', 2],
    ['маяк', 4],
    ['🦊', 2],
    ['灯塔 lights', 5],
  ])('is estimated by its script, rather too high: %p', (text, tokens) => {
    expect(tokensIn(text)).toBe(tokens);
  });

  test('is estimated at a token for each piece of a stream, unless a piece is too long for one', () => {
    expect([' lighthouse', '灯塔', '灯塔守护人', 'once upon a time there was'].map(tokensInPiece)).toEqual([
      1, 1, 8, 7,
    ]);
  });
});
