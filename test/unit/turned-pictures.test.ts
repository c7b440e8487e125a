import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { imageSize } from 'image-size';
import { fitPicture } from '../../src/activities/media/fit-media';
import { fromSetup } from '../support/services';

const FFMPEG = fromSetup('STORYREEL_FFMPEG');
/** What was done to a picture that is stored with this orientation, as the name of a filter. */
const TURNED: Readonly<Record<number, string>> = {
  1: 'null',
  2: 'hflip',
  3: 'hflip,vflip',
  4: 'vflip',
  5: 'transpose=cclock_flip',
  6: 'transpose=cclock',
  7: 'transpose=clock_flip',
  8: 'transpose=clock',
};

describe('A JPEG that states how it is turned', () => {
  const run = promisify(execFile);
  let folder: string;

  beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'storyreel-turned-'))));
  afterAll(() => rm(folder, { recursive: true }));

  async function picture(orientation: number, size: string, turn = TURNED[orientation] ?? 'null'): Promise<Buffer> {
    const path = join(folder, 'stored.jpg');
    const corner = `color=red:s=${size},drawbox=x=iw/2:c=blue:t=fill,drawbox=y=ih/2:w=iw/2:c=lime:t=fill`;
    await run(FFMPEG, ['-v', 'error', '-y', '-f', 'lavfi', '-i', `${corner},${turn}`, '-frames:v', '1', path]);
    const plain = await readFile(path);
    return Buffer.concat([plain.subarray(0, 2), exif(orientation), plain.subarray(2)]);
  }

  /** The colours of three corners: above on the left, above on the right, below on the left. */
  async function corners(bytes: Buffer): Promise<string[]> {
    const path = join(folder, 'fitted');
    await writeFile(path, bytes);
    const args = ['-v', 'error', '-noautorotate', '-i', path, '-vf', 'scale=4:4', '-pix_fmt', 'rgb24'];
    const { stdout } = await run(FFMPEG, [...args, '-f', 'rawvideo', '-'], { encoding: 'buffer' });
    return [0, 3, 12].map((at) => {
      const [red = 0, green = 0, blue = 0] = stdout.subarray(3 * at);
      return red > 128 ? 'red' : green > 128 ? 'green' : blue > 128 ? 'blue' : 'none';
    });
  }

  async function fitted(bytes: Buffer) {
    const at = {
      through: (work: () => Promise<unknown>) => work(),
      deps: { config: { FFMPEG_PATH: FFMPEG }, media: { workFolder: () => mkdtemp(join(folder, 'work-')) } },
      signal: new AbortController().signal,
    };
    const given = { bytes, mediaType: 'image/jpeg' };
    return fitPicture(at as unknown as Parameters<typeof fitPicture>[0], given, '64x36');
  }

  test.each(Object.keys(TURNED).map(Number))('is stored as it is seen: orientation %i', async (orientation) => {
    for (const size of ['64x36', '128x72']) {
      const { bytes, width, height } = await fitted(await picture(orientation, size));
      expect(await corners(bytes)).toEqual(['red', 'blue', 'green']);
      expect({ width, height }).toEqual({ width: 64, height: 36 });
      const { orientation: still = 1, ...stored } = imageSize(bytes);
      expect({ ...stored, still }).toMatchObject({ width: 64, height: 36, still: 1 });
    }
  });
});

/** The segment of a JPEG that states an orientation, and nothing else. */
function exif(orientation: number): Buffer {
  const entry = Buffer.from([0x12, 0x01, 3, 0, 1, 0, 0, 0, orientation, 0, 0, 0]);
  const tiff = Buffer.concat([Buffer.from('II*\0\x08\0\0\0\x01\0', 'latin1'), entry, Buffer.alloc(4)]);
  const body = Buffer.concat([Buffer.from('Exif\0\0'), tiff]);
  return Buffer.concat([Buffer.from([0xff, 0xe1, 0, body.length + 2]), body]);
}
