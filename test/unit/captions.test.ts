import fc from 'fast-check';
import { cuesOf, LONGEST_LINE, textOf } from '../../src/activities/film/captions';

const SPECIAL = [
  ...['{\\an8}', '{', '}', '<i>', '</font>', '&amp;', '-->', '\\N', '\\n', '\\h', '\\', '00:00:01,000', 'WEBVTT', '1'],
  ...[
    '😀',
    '👨‍👩‍👧',
    '🇩🇪',
    'e\u0301',
    'שלום',
    'سلام',
    '\u202e',
    '灯塔',
    '守护人。',
    '「',
    '」',
    'カタカナ',
    '한국어',
    'ไทย',
  ],
  ...['\u0001', '\u001b[31m', '\u0085', '\u200b', '\u00a0', '\u2028', ' ', '  ', '\n', '\r\n', '\n\n', '\t', '-', '—'],
];
const narration = fc
  .array(fc.oneof(fc.constantFrom(...SPECIAL), fc.lorem({ maxCount: 3 }), fc.string({ unit: 'grapheme' })), {
    maxLength: 80,
  })
  .map((parts) => parts.join('').replaceAll('\0', ''));
const ticks = fc.integer({ min: 1_000, max: 600_000 });

/** Columns, as a reader sees them: without the space and the break that a line ends with. */
function columns(line: string): number {
  const seen = [...new Intl.Segmenter().segment(line.replace(/[\s\u0085]+$/u, ''))].map(({ segment }) => segment);
  return seen.reduce(
    (sum, part) => sum + (/[\p{Script=Han}\p{Script=Katakana}\p{Extended_Pictographic}]/u.test(part) ? 2 : 1),
    0,
  );
}

describe('Captions', () => {
  test('are, put together, the narration letter by letter, whatever it holds', () => {
    fc.assert(
      fc.property(narration, ticks, (text, whole) => {
        const cues = cuesOf([{ ticks: whole, text }]);
        expect(cues.flatMap(({ lines }) => lines).join('')).toBe(text.trim());
        // As they are stored, no character but a line's end is between them.
        expect(cues.map(textOf).join('').replace(/\s+/gu, '')).toBe(text.replace(/\s+/gu, ''));
      }),
    );
  });

  test('are cues of at most two short lines', () => {
    fc.assert(
      fc.property(narration, ticks, (text, whole) => {
        for (const cue of cuesOf([{ ticks: whole, text }])) {
          const seen = textOf(cue).replace(/[\s\u0085]+$/u, '');
          expect(seen.split(/\r\n|[\n\v\f\r\u0085\u2028\u2029]/).length).toBeLessThanOrEqual(2);
          for (const line of cue.lines) expect(columns(line)).toBeLessThanOrEqual(LONGEST_LINE);
        }
      }),
      { examples: [[`${'a'.repeat(LONGEST_LINE)}\u0085`, 1_000]] },
    );
  });

  test('are spread over their scenes, without a gap', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ text: narration, ticks }), { maxLength: 5 }), (scenes) => {
        const cues = cuesOf(scenes);
        const sum = (all: readonly { ticks: number }[]) => all.reduce((total, each) => total + each.ticks, 0);
        expect(sum(cues)).toBe(sum(scenes));
        for (const cue of cues) expect(cue.ticks).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  test('break after a word where there is one, and after no opening bracket', () => {
    const text = 'The old keeper of the light climbs the stairs one last time and looks at the sea.';
    expect(cuesOf([{ ticks: 1, text }])[0]?.lines).toEqual([
      'The old keeper of the light ',
      'climbs the stairs one last ',
    ]);
    const chinese = '灯塔守护人收集暴风雨，他把它们装在瓶子里（一个一个地），放在架子上。';
    const lines = cuesOf([{ ticks: 1, text: chinese }]).flatMap((cue) => cue.lines);
    for (const line of lines) expect(line).not.toMatch(/^[，。）]|[（]$/u);
  });

  test('of a scene without a narration show nothing for as long', () => {
    expect(cuesOf([{ ticks: 5, text: ' \n' }])).toEqual([{ ticks: 5, lines: [] }]);
    expect(cuesOf([])).toEqual([]);
  });

  test('of 2,000 characters without a space are shared out evenly', () => {
    const cues = cuesOf([{ ticks: 72_000, text: `a${'灯'.repeat(1_999)}` }]);
    expect(cues.length).toBeGreaterThan(40);
    const lengths = cues.slice(0, -1).map((cue) => cue.ticks);
    expect(Math.max(...lengths) - Math.min(...lengths)).toBeLessThan(72_000 / 40);
  });
});
