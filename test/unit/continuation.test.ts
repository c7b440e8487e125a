import { cutToWord } from '../../src/activities/text/continuation';

test.each([
  ['Once upon a ti', 'Once upon a'],
  ['Once upon a ', 'Once upon a'],
  ['Once upon a time.\n\nThe', 'Once upon a time.'],
  ['Once', 'Onc'],
  ['', ''],
  [
    '从前有一座灯塔，它的守护者收集风暴，把它们装在瓶子里，没有人知道为什么，也没有人去问，直到那个夜晚来',
    '从前有一座灯塔，它的守护者收集风暴，把它们装在瓶子里，没有人知道为什么，也没有人去问，直到那个夜晚',
  ],
  [
    '灯塔\n\n从前有一座灯塔，它的守护者收集风暴，把它们装在瓶子里，没有人知道为什么，也没有人去问',
    '灯塔\n\n从前有一座灯塔，它的守护者收集风暴，把它们装在瓶子里，没有人知道为什么，也没有人去',
  ],
  ['x'.repeat(60) + '👩‍👩‍👧', 'x'.repeat(60)],
])('A text that was cut off, %j, is gone on from %j', (text, prefix) => {
  expect(cutToWord(text)).toBe(prefix);
});
