/** The type of a picture by its first bytes; undefined if they are not known here. */
export function imageTypeOf(bytes: Buffer): string | undefined {
  if (bytes.subarray(0, 8).equals(PNG)) return 'image/png';
  if (bytes.subarray(0, 3).equals(JPEG)) return 'image/jpeg';
  if (/^GIF8[79]a/.test(bytes.subarray(0, 6).toString('latin1'))) return 'image/gif';
  if (bytes.subarray(0, 4).toString('latin1') === 'RIFF' && bytes.subarray(8, 12).toString('latin1') === 'WEBP')
    return 'image/webp';
  if (bytes.subarray(4, 8).toString('latin1') !== 'ftyp') return undefined;
  const brands = bytes.subarray(8, Math.min(bytes.length, 64)).toString('latin1');
  if (/avi[fs]/.test(brands)) return 'image/avif';
  return /hei[cx]|mif1|msf1/.test(brands) ? 'image/heic' : undefined;
}

const PNG = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const JPEG = Buffer.from([0xff, 0xd8, 0xff]);
const PNG_END = Buffer.from('IEND');
const JPEG_END = Buffer.from([0xff, 0xd9]);
/** The last byte, and what some programs fill up with. */
const GIF_END = /;[\0\s]*$/;
const GIF_TAIL_BYTES = 16;
/** Some programs write a little behind the end. */
const TAIL_BYTES = 64 * 1024;

/**
 * Whether a picture comes to its end. One that was cut off still has a head that names its size. The decoder finds out
 * about AVIF and HEIC.
 */
export function isWhole(bytes: Buffer, type: string): boolean {
  const tail = bytes.subarray(-TAIL_BYTES);
  switch (type) {
    case 'image/png':
      return tail.includes(PNG_END);
    case 'image/jpeg':
      return tail.includes(JPEG_END);
    case 'image/gif':
      return GIF_END.test(tail.subarray(-GIF_TAIL_BYTES).toString('latin1'));
    case 'image/webp':
      return bytes.length >= 8 + bytes.readUInt32LE(4);
    default:
      return true;
  }
}
