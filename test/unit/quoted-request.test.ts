import { quotesRequest } from '../../src/providers/quoted-request';

const body = {
  model: 'm',
  size: '64x36',
  messages: [{ role: 'user', content: 'Draw a fox that reads\na size chart by night.' }],
};

test.each([
  ['the whole body', `Incorrect request: ${JSON.stringify(body)}`, true],
  ['a prompt as it is', 'It is not allowed to draw this: Draw a fox that reads\na size chart', true],
  ['a short value', 'Invalid size 64x36. Supported sizes: 1024x1024', false],
  ['nothing of it', 'Unknown parameter: size', false],
])('A refusal that repeats %s', (_what, message, quotes) => {
  expect(quotesRequest(message, body)).toBe(quotes);
});
