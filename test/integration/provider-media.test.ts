import { readFileSync } from 'node:fs';
import { MEDIA_CASES, mediaTable, ONE_OF_EACH } from '../support/media-cases';
import { runMediaCases } from '../support/run-media-cases';

describe('What providers of images and clips really answer', () => {
  runMediaCases(ONE_OF_EACH);

  test('is listed in the documentation, each case with what becomes of it', () => {
    expect(readFileSync('docs/providers.md', 'utf8').replaceAll(/ +/g, ' ')).toContain(mediaTable(MEDIA_CASES));
  });
});
