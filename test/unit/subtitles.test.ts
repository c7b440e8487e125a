import { subRip } from '../../src/activities/subtitles';

describe('Subtitles', () => {
  test('follow each other, each for its own seconds', () => {
    expect(
      subRip([
        { seconds: 3, text: 'Rain falls.' },
        { seconds: 2.5, text: '雨が降る。' },
      ]),
    ).toBe('1\n00:00:00,000 --> 00:00:03,000\nRain falls.\n\n2\n00:00:03,000 --> 00:00:05,500\n雨が降る。\n');
  });

  test.each([
    ['across a minute', [59.5, 1], '00:00:59,500 --> 00:01:00,500'],
    ['across an hour', [3599.9996, 1], '01:00:00,000 --> 01:00:01,000'],
    ['in the middle of hours', [3725.25, 0.001], '01:02:05,250 --> 01:02:05,251'],
    ['after times that are no round numbers', [0.1, 0.2], '00:00:00,100 --> 00:00:00,300'],
  ])('have right times %s', (_what, seconds, expected) => {
    expect(subRip(seconds.map((each) => ({ seconds: each, text: 'x' })))).toContain(expected);
  });

  test.each([
    ['a blank line', 'one\n\n\ntwo', 'one\ntwo'],
    ['a blank line with spaces', 'one\n  \n two', 'one\ntwo'],
    ['line ends of Windows', 'one\r\n\r\ntwo\r\n', 'one\ntwo'],
    ['lone carriage returns', 'one\r\rtwo', 'one\ntwo'],
    ['space around it', '\n one \n', 'one'],
  ])('keep %s from ending a caption early', (_what, text, expected) => {
    expect(subRip([{ seconds: 1, text }])).toBe(`1\n00:00:00,000 --> 00:00:01,000\n${expected}\n`);
  });

  test('of no scenes are empty', () => {
    expect(subRip([])).toBe('');
  });
});
