import { MEDIA_CASES } from '../support/media-cases';
import { runMediaCases } from '../support/run-media-cases';

describe('All that providers of images and clips were reported to answer', () => {
  runMediaCases(MEDIA_CASES);
});
