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
});
