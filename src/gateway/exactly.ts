import { pipeline, Transform, type Readable } from 'node:stream';
import { StoryreelError } from '../protocol';

/**
 * The same bytes, and a failure unless there are exactly so many. An answer that has stated its length is cut then.
 * Otherwise its reader would wait for the rest, or take what is too much for the next answer.
 */
export function exactly(bytes: number, source: Readable): Readable {
  let seen = 0;
  const counted = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      seen += chunk.length;
      if (seen > bytes) done(otherLength());
      else done(null, chunk);
    },
    flush: (done) => done(seen < bytes ? otherLength() : null),
  });
  // Whichever ends first ends the other.
  pipeline(source, counted, () => undefined);
  return counted;
}

function otherLength(): StoryreelError {
  return new StoryreelError('Media.Unavailable', 'A stored file has another length than its row states.');
}
