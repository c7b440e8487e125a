import { createCanvas, loadImage } from '@napi-rs/canvas';
import fc from 'fast-check';
import { imageSize } from '../../src/activities/image-size';

function picture(width: number, height: number, transparent = false) {
  const canvas = createCanvas(width, height);
  const context = canvas.getContext('2d');
  context.fillStyle = transparent ? 'rgba(200, 30, 30, 0.5)' : 'rgb(30, 30, 200)';
  context.fillRect(0, 0, width, height);
  return canvas;
}

/** The same picture in the simple form of the format: its data alone, without the extended header. */
function simple(webp: Buffer): Buffer {
  for (let at = 12; at < webp.length;) {
    const size = webp.readUInt32LE(at + 4);
    const end = at + 8 + size + (size % 2);
    if (/^VP8[ L]$/.test(webp.toString('latin1', at, at + 4))) {
      const head = Buffer.from('RIFF\0\0\0\0WEBP', 'latin1');
      head.writeUInt32LE(4 + end - at, 4);
      return Buffer.concat([head, webp.subarray(at, end)]);
    }
    at = end;
  }
  throw new Error('no picture in the file');
}

describe("An image's size", () => {
  test.each([
    ['a PNG', () => picture(320, 180).encode('png')],
    ['a JPEG', () => picture(320, 180).encode('jpeg')],
    ['a WebP', () => picture(320, 180).encode('webp')],
    ['a WebP with transparent parts', () => picture(320, 180, true).encode('webp')],
    ['a simple WebP', async () => simple(await picture(320, 180).encode('webp'))],
    ['a simple lossless WebP', async () => simple(await picture(320, 180).encode('webp', 100))],
  ])('is read from the head of %s', async (_what, encode) => {
    const bytes = await encode();
    const { width, height } = await loadImage(bytes);
    expect({ width, height }).toEqual({ width: 320, height: 180 });
    expect(imageSize(bytes)).toEqual({ width, height });
  });

  test('is read from a JPEG with other segments before its frame', async () => {
    const jpeg = await picture(33, 17).encode('jpeg');
    const comment = Buffer.concat([Buffer.from([0xff, 0xfe, 0x03, 0xea]), Buffer.alloc(1_000, 'x')]);
    expect(imageSize(Buffer.concat([jpeg.subarray(0, 2), comment, jpeg.subarray(2)]))).toEqual({
      width: 33,
      height: 17,
    });
  });

  test('is zero for what is no image, and for an image that is cut off', async () => {
    const png = await picture(320, 180).encode('png');
    const jpeg = await picture(320, 180).encode('jpeg');
    for (const bytes of [Buffer.alloc(0), Buffer.from('<html>'), png.subarray(0, 12), jpeg.subarray(0, 20)]) {
      expect(imageSize(bytes)).toEqual({ width: 0, height: 0 });
    }
  });

  test('is looked for in any bytes without an error', () => {
    const head = fc.constantFrom('89504e47', 'ffd8', 'ffd8ffe0', '524946460000000057454250565038', '');
    fc.assert(
      fc.property(head, fc.uint8Array({ maxLength: 64 }), (start, rest) => {
        const { width, height } = imageSize(Buffer.concat([Buffer.from(start, 'hex'), rest]));
        expect(width).toBeGreaterThanOrEqual(0);
        expect(height).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});
