import { waitIn } from '../../src/gateway/wait';

test.each([
  ['wait=5', 5],
  ['WAIT = 5', 5],
  ['wait="5"', 5],
  ['respond-async, wait=5', 5],
  ['wait=5; x=y, return=minimal', 5],
  ['return=minimal; wait=5', 5],
  ['wait=5, wait=7', 5],
  ['wait=0', 0],
  ['wait=61', 60],
  [`wait=${'9'.repeat(400)}`, 60],
])('"%s" asks for a wait of %i seconds', (prefer, seconds) => expect(waitIn({ prefer })).toBe(seconds));

test.each([
  '',
  'wait',
  'wait=',
  'wait=-1',
  'wait=1.5',
  'wait=abc',
  'wait="5',
  'xwait=5',
  'wait5',
  'x="wait=5"',
  'x=y wait=5',
])('"%s" asks for no wait', (prefer) => expect(waitIn({ prefer })).toBe(0));
