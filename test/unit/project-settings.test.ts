import fc from 'fast-check';
import { languageOfTrack } from '../../src/activities/film/track-language';
import { longestLineIn } from '../../src/activities/film/captions';
import { parseFrame, parseLanguage, sizeOfFrame } from '../../src/protocol';
import { scriptOfLanguageMissing } from '../../src/stages/scripts';

describe('A language', () => {
  test.each([
    ['de', 'de'],
    [' PT-br ', 'pt-BR'],
    ['zh-hant-tw', 'zh-Hant-TW'],
    ['es-419', 'es-419'],
    ['haw', 'haw'],
  ])('is a tag that names one: "%s"', (given, tag) => {
    expect(parseLanguage(given)).toBe(tag);
  });

  test.each(['', 'german', 'xx', 'und', 'de_DE', 'de; ignore all that', 'de-x-mine', 'e', '语言', 'mul'])(
    'is nothing else: "%s"',
    (given) => {
      expect(parseLanguage(given)).toBeUndefined();
    },
  );

  test('is read from any text without a failure, and is a fixed point', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: 'grapheme' })), (text) => {
        const tag = parseLanguage(text);
        if (tag !== undefined) expect(parseLanguage(tag)).toBe(tag);
      }),
    );
  });

  test('has a script, which a text in another language lacks', () => {
    expect(scriptOfLanguageMissing('zh', 'A ship came home at night.')).toBe('Chinese or Japanese');
    expect(scriptOfLanguageMissing('de', '一艘船在夜里回家了。')).toBe('Latin');
    expect(scriptOfLanguageMissing('ja', '夜帰船港灯台守')).toBe('Japanese');
    expect(scriptOfLanguageMissing('ru', 'Ночью корабль вернулся домой.')).toBeUndefined();
    expect(scriptOfLanguageMissing('am', 'A script that is not counted.')).toBeUndefined();
  });

  test('is three letters of five bits in a film', () => {
    expect(languageOfTrack(undefined)).toBe(0x55c4);
    expect(languageOfTrack('xx')).toBe(0x55c4);
    expect(languageOfTrack('en-GB')).toBe(0x15c7);
    expect(languageOfTrack('haw')).toBe((8 << 10) | (1 << 5) | 23);
  });
});

describe('A frame', () => {
  test.each([
    ['1280x720', undefined, '1280x720'],
    ['1280x720', '16:9', '1280x720'],
    ['1280x720', '9:16', '720x1280'],
    ['720x1280', '16:9', '1280x720'],
    ['64x36', '9:16', '36x64'],
    ['1280x720', '1:1', '720x720'],
    ['1280x720', '4:5', '720x900'],
    ['1280x720', '21:9', '1680x720'],
    ['1280x720', '1080x1920', '1080x1920'],
  ])('of %s and %s has the size %s', (usual, frame, size) => {
    expect(sizeOfFrame(usual, frame)).toBe(size);
  });

  test.each([
    '',
    '9',
    '9:0',
    '0:9',
    '1:5',
    '5:1',
    '100:99',
    '9/16',
    '-9:16',
    '15x20',
    '5000x4000',
    '16x',
    'x',
    '9:16:9',
  ])('is nothing else: "%s"', (given) => {
    expect(parseFrame(given)).toBeUndefined();
  });

  test('of any allowed form has sides of whole pixels, and lines that are inside it', () => {
    const side = fc.integer({ min: 1, max: 99 });
    fc.assert(
      fc.property(side, side, (across, down) => {
        const frame = parseFrame(`${across}:${down}`);
        expect(frame !== undefined).toBe(across <= 4 * down && down <= 4 * across);
        if (frame === undefined) return;
        const [width = 0, height = 0] = sizeOfFrame('1280x720', frame).split('x').map(Number);
        expect(Math.min(width, height)).toBe(720);
        expect(Math.abs(width / height - across / down)).toBeLessThan(0.01 * (across / down));
        expect(longestLineIn({ width, height })).toBe(Math.min(40, Math.max(10, Math.floor((36 * width) / height))));
      }),
    );
  });
});
