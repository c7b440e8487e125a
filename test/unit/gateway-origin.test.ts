import Fastify from 'fastify';
import { answersUnder, isLoopback, mustBeFromOurPage } from '../../src/gateway/request-origin';

const THIS_MACHINE = [
  ...['localhost', 'LOCALHOST', 'localhost.', 'localhost:8787', 'localhost.:8787', '127.0.0.1', '127.0.0.1.:80'],
  ...['127.0.0.2:8787', '[::1]', '[::1]:8787', '[0:0:0:0:0:0:0:1]:8787', '[::ffff:127.0.0.1]'],
];
/** A resolver may have another address for a name, whatever it looks like. */
const OTHERS = [
  ...[
    '',
    'story.localhost',
    'localhost.example',
    '127.0.0.1.example',
    'localhost:8787:80',
    'user@localhost',
    '10.0.0.7',
  ],
  ...['localhost, story.example', '[::2]', '0.0.0.0', '2130706433', 'localhost..', '::1'],
];

test.each(THIS_MACHINE)('A gateway of this machine answers under "%s", and at it is one', (host) => {
  expect(isLoopback(host)).toBe(true);
  for (const address of ['127.0.0.1:8787', '[::1]:0', 'localhost:8787', '127.0.0.2:8787']) {
    expect(answersUnder(address)(host)).toBe(true);
  }
});

test.each(OTHERS)('A gateway of this machine does not answer under "%s", and at it is none', (host) => {
  expect(isLoopback(host)).toBe(false);
  expect(answersUnder('127.0.0.1:8787')(host)).toBe(false);
});

test('A named host is answered in each of its spellings, and beside it only this machine, if the gateway is there', () => {
  const names = ['Story.Example:8443', '[2001:DB8::1]'];
  for (const address of ['127.0.0.1:8787', '0.0.0.0:8787']) {
    const isOurs = answersUnder(address, names);
    for (const host of ['story.example', 'STORY.example.:443', '[2001:db8:0:0::1]:80']) expect(isOurs(host)).toBe(true);
    expect(isOurs('other.example')).toBe(false);
    expect(isOurs('localhost')).toBe(address.startsWith('127'));
  }
  expect(answersUnder('0.0.0.0:8787')('any.example')).toBe(true);
});

test.each([
  ['https://story.example', 'story.example', true],
  ['https://story.example', 'story.example:443', true],
  ['http://story.example', 'story.example:80', true],
  ['http://[::1]:8787', '[::1]:8787', true],
  ['http://localhost:8787', 'LOCALHOST:8787', true],
  ['https://story.example', 'story.example:80', false],
  ['https://story.example:8443', 'story.example', false],
  ['https://evil.example', 'story.example', false],
  ['null', 'story.example', false],
  ['https://', 'story.example', false],
  ['', '', false],
])('A change from a page of "%s" at the host "%s" is of the own page: %s', async (origin, host, isOwn) => {
  const app = Fastify();
  app.post('/', async (request) => {
    try {
      mustBeFromOurPage(request);
      return true;
    } catch {
      return false;
    }
  });
  expect((await app.inject({ method: 'POST', url: '/', headers: { origin, host } })).json()).toBe(isOwn);
});
