import { readFileSync } from 'node:fs';
import { MEDIA_CASES, mediaTable } from '../support/media-cases';

test('What providers of images and clips really answer is in the documentation, each case with what becomes of it', () => {
  expect(readFileSync('docs/providers.md', 'utf8').replaceAll(/ +/g, ' ')).toContain(mediaTable(MEDIA_CASES));
});
