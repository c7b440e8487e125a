import fc from 'fast-check';
import { captionLines } from '../../src/gateway/caption-lines';
import { subRip, webVtt } from '../../src/gateway/subtitles';

describe('Subtitles', () => {
  test('follow each other, each for its own seconds', () => {
    const captions = [
      { seconds: 3, text: 'Rain falls.' },
      { seconds: 2.5, text: '雨が降る。' },
    ];
    expect(subRip(captions)).toBe(
      '1\n00:00:00,000 --> 00:00:03,000\nRain falls.\n\n2\n00:00:03,000 --> 00:00:05,500\n雨が降る。\n',
    );
  });

  test('are the same as WebVTT, in which nothing is taken for a tag', () => {
    expect(webVtt([{ seconds: 3, text: 'Rain & <i>snow</i>.\n\nNight.' }])).toBe(
      'WEBVTT\n\n00:00:00.000 --> 00:00:03.000\nRain &amp; &lt;i&gt;snow&lt;/i&gt;.\nNight.\n',
    );
  });

  test('show a long narration sentence by sentence, and a long sentence in whole words', () => {
    const sentence = (n: number) => `The keeper opened door ${n} of the old lighthouse, and he looked at the storm.`;
    const long = `${'The rain came in from the grey sea, '.repeat(5)}and it stayed.`;
    const cues = webVtt([
      { seconds: 10, text: `${sentence(1)} ${sentence(2)}` },
      { seconds: 5, text: long },
    ]).split('\n\n');
    expect(cues.slice(1, 3)).toEqual([
      `00:00:00.000 --> 00:00:05.000\n${sentence(1)}`,
      `00:00:05.000 --> 00:00:10.000\n${sentence(2)}`,
    ]);
    expect(cues.at(-1)).toMatch(/ --> 00:00:15\.000\n/);
  });

  test('of a film whose scenes are mostly spaces are there at once', () => {
    const text = `a${' '.repeat(1_998)}b`;
    const began = performance.now();
    expect(webVtt(Array.from({ length: 500 }, () => ({ seconds: 3, text })))).toContain('b');
    // Usual are a few tens of milliseconds; looking for line breaks from each space took 5 seconds.
    expect(performance.now() - began).toBeLessThan(2_000);
  });

  test('lose no word, and take all of the time', () => {
    const bare = (text: string) => text.replace(/\s/g, '');
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('a', 'b ', '. ', '雨', '。', '，', '🎬', '\n'), maxLength: 600 }),
        (text) => {
          const lines = captionLines(text);
          expect(bare(lines.map((line) => line.text).join(''))).toBe(bare(text));
          expect(lines.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1);
          expect(lines.filter((line) => line.text === '')).toHaveLength(bare(text) === '' ? 1 : 0);
        },
      ),
    );
  });
});
