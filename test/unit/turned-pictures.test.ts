import { execFile } from 'node:child_process';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { crc32 } from 'node:zlib';
import { imageSize } from 'image-size';
import { fitPicture } from '../../src/activities/media/fit-media';
import { imageTypeOf, isWhole } from '../../src/providers/image-kind';
import { fromSetup } from '../support/services';
import { newFolder } from '../support/new-folder';

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

describe('A picture that states how it is turned, or has an odd form,', () => {
  const run = promisify(execFile);
  let folder: string;

  beforeAll(() => void (folder = newFolder()));

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

  async function fitted(bytes: Buffer, mediaType = 'image/jpeg') {
    const at = {
      through: (work: () => Promise<unknown>) => work(),
      deps: { config: { FFMPEG_PATH: FFMPEG }, media: { workFolder: () => mkdtemp(join(folder, 'work-')) } },
      signal: new AbortController().signal,
    };
    return fitPicture(at as unknown as Parameters<typeof fitPicture>[0], { bytes, mediaType }, '64x36');
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

  const png = (...args: readonly string[]) => stored('png', ...args);
  async function stored(ending: string, ...args: readonly string[]): Promise<Buffer> {
    const path = join(folder, `stored.${ending}`);
    await run(FFMPEG, ['-v', 'error', '-y', '-f', 'lavfi', '-i', 'color=red:s=64x36:d=1', ...args, path]);
    return readFile(path);
  }

  test.each([
    ['png', 'smpte2084', 'm=gbr:r=pc,format=rgb48'],
    ['avif', 'arib-std-b67', 'm=bt2020nc:r=tv,format=yuv420p10le'],
  ])('is as bright as it is meant to be if it is HDR: %s, %s', async (ending, transfer, form) => {
    const hdr = `format=gbrp,zscale=tin=bt709:pin=bt709:min=gbr:rin=pc:t=${transfer}:p=bt2020:npl=203:${form}`;
    const codec = ending === 'avif' ? ['-c:v', 'libaom-av1', '-cpu-used', '8', '-still-picture', '1'] : [];
    const given = await stored(ending, '-frames:v', '1', '-vf', `drawbox=c=gray:t=fill,${hdr}`, ...codec);
    const { bytes, mediaType } = await fitted(given, `image/${ending}`);
    const path = join(folder, 'grey.png');
    await writeFile(path, bytes);
    const args = ['-v', 'error', '-i', path, '-vf', 'scale=1:1,format=gray', '-f', 'rawvideo', '-'];
    const { stdout } = await run(FFMPEG, args, { encoding: 'buffer' });
    expect(mediaType).toBe('image/png');
    expect(Math.abs((stdout[0] ?? 0) - 0x80)).toBeLessThan(8);
  });

  test('may be a PNG, too', async () => {
    const half = 'drawbox=y=ih/2:c=lime:t=fill,vflip';
    const plain = await png('-frames:v', '1', '-vf', half);
    const turned = Buffer.concat([plain.subarray(0, PNG_HEAD), chunk('eXIf', tiff(3)), plain.subarray(PNG_HEAD)]);
    expect(await corners((await fitted(turned, 'image/png')).bytes)).toEqual(['red', 'red', 'green']);
    expect((await fitted(plain, 'image/png')).bytes).toEqual(plain);
  });

  test.each<[what: string, args: readonly string[]]>([
    ['16 bits', ['-frames:v', '1', '-pix_fmt', 'rgb48be']],
    ['an animation', ['-f', 'apng']],
    ['an animation of another size', ['-f', 'apng', '-vf', 'scale=128:72']],
  ])('is stored as one picture that every service reads: %s', async (_what, args) => {
    const { bytes } = await fitted(await png(...args), 'image/png');
    expect(bytes.includes('acTL')).toBe(false);
    expect({ ...imageSize(bytes), bits: bytes[PNG_BITS_AT] }).toMatchObject({ width: 64, height: 36, bits: 8 });
    expect(await corners(bytes)).toEqual(['red', 'red', 'red']);
  });

  test('is stored in colours that every service reads: CMYK', async () => {
    const cmyk = Buffer.from(CMYK, 'base64');
    const { bytes, mediaType } = await fitted(cmyk);
    expect({ mediaType, isChanged: !bytes.equals(cmyk) }).toEqual({ mediaType: 'image/jpeg', isChanged: true });
    expect(await corners(bytes)).toEqual(['red', 'blue', 'red']);
  });

  test.each(['bmp', 'tif', 'jxl'])('is stored as a PNG where it is %s', async (ending) => {
    const given = await stored(ending, '-frames:v', '1', '-update', '1');
    const { bytes, mediaType } = await fitted(given, imageTypeOf(given) ?? 'unknown');
    expect(mediaType).toBe('image/png');
    expect(await corners(bytes)).toEqual(['red', 'red', 'red']);
  });

  test('is taken as it is with something behind its end', async () => {
    const jpeg = Buffer.concat([await picture(1, '64x36'), Buffer.alloc(100_000, 'rest')]);
    expect(isWhole(jpeg, 'image/jpeg')).toBe(true);
    expect((await fitted(jpeg)).bytes).toEqual(jpeg);
  });

  test('is of no use where it is damaged in its middle', async () => {
    for (const [ending, type] of [
      ['png', 'image/png'],
      ['jpg', 'image/jpeg'],
    ] as const) {
      const noise = await stored(ending, '-frames:v', '1', '-update', '1', '-vf', 'noise=alls=80:all_seed=1');
      const half = Math.floor(noise.length / 2);
      const damaged = Buffer.concat([noise.subarray(0, half), Buffer.alloc(40), noise.subarray(half + 40)]);
      expect(isWhole(damaged, type)).toBe(true);
      await expect(fitted(damaged, type)).rejects.toThrow('damaged');
    }
  });

  test('is cut off although the small picture in its head is whole', async () => {
    const [jpeg, small] = [await picture(1, '128x72'), await picture(1, '16x16')];
    const head = Buffer.from([0xff, 0xe1, 0, 0]);
    head.writeUInt16BE(small.length + 2, 2);
    const given = Buffer.concat([jpeg.subarray(0, 2), head, small, jpeg.subarray(2)]);
    expect(isWhole(given, 'image/jpeg')).toBe(true);
    expect(isWhole(given.subarray(0, -100), 'image/jpeg')).toBe(false);
  });

  test('is a placeholder where it has a few pixels', async () => {
    const dot = await png('-frames:v', '1', '-vf', 'scale=1:1');
    await expect(fitted(dot, 'image/png')).rejects.toThrow('only 1x1 pixels');
  });
});

/** The signature and the first chunk. */
const PNG_HEAD = 33;
const PNG_BITS_AT = 24;
/** 64x36 pixels, red on the left and blue on the right. */
const CMYK =
  '/9j/7gAOQWRvYmUAZAAAAAAA/9sAQwAIBgYHBgUIBwcHCQkICgwUDQwLCwwZEhMPFB0aHx4dGhwcICQuJyAiLCMcHCg3KSwwMTQ0NB8nOT04Mjwu' +
  'MzQy/8AAFAgAJABABEMRAE0RAFkRAEsRAP/EAB8AAAEFAQEBAQEBAAAAAAAAAAABAgMEBQYHCAkKC//EALUQAAIBAwMCBAMFBQQEAAABfQECAwAE' +
  'EQUSITFBBhNRYQcicRQygZGhCCNCscEVUtHwJDNicoIJChYXGBkaJSYnKCkqNDU2Nzg5OkNERUZHSElKU1RVVldYWVpjZGVmZ2hpanN0dXZ3eHl6' +
  'g4SFhoeIiYqSk5SVlpeYmZqio6Slpqeoqaqys7S1tre4ubrCw8TFxsfIycrS09TV1tfY2drh4uPk5ebn6Onq8fLz9PX29/j5+v/aAA4EQwBNAFkA' +
  'SwAAPwD0ivHa8dr3+iiiiiiiiiiiivkurVfX1FFFFFFFFFFFFFfWlVa+QaKKKKKKKKKKKKK+S6tV9fUUUUUUUUUUUUUV9aVVr5Booooooooooooo' +
  'r5Lq1X19RRRRRRRRRRRRRX1pVWvkGiiiiiiiiiiiiivkurVfX1FFFFFFFFFFFFFfWlVa+QaKKKKKKKKKKKKK+S6tV9fUUUUUUUUUUUUUV//Z';

/** A chunk of a PNG. */
function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}

/** The segment of a JPEG that states an orientation, and nothing else. */
function exif(orientation: number): Buffer {
  const body = Buffer.concat([Buffer.from('Exif\0\0'), tiff(orientation)]);
  return Buffer.concat([Buffer.from([0xff, 0xe1, 0, body.length + 2]), body]);
}

function tiff(orientation: number): Buffer {
  const entry = Buffer.from([0x12, 0x01, 3, 0, 1, 0, 0, 0, orientation, 0, 0, 0]);
  return Buffer.concat([Buffer.from('II*\0\x08\0\0\0\x01\0', 'latin1'), entry, Buffer.alloc(4)]);
}
