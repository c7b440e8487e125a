/** The type of a picture by its first bytes; undefined if they are not known here. */
export function imageTypeOf(bytes: Buffer): string | undefined {
  if (bytes.subarray(0, 8).equals(PNG)) return 'image/png';
  if (bytes.subarray(0, 3).equals(JPEG)) return 'image/jpeg';
  if (/^GIF8[79]a/.test(bytes.subarray(0, 6).toString('latin1'))) return 'image/gif';
  if (bytes.subarray(0, 4).toString('latin1') === 'RIFF' && bytes.subarray(8, 12).toString('latin1') === 'WEBP')
    return 'image/webp';
  const head = bytes.subarray(0, 12).toString('latin1');
  if (head.startsWith('BM') && bytes.length >= 18 && BMP_HEADS.has(bytes.readUInt32LE(14))) return 'image/bmp';
  if (head.startsWith('II*\0') || head.startsWith('MM\0*')) return 'image/tiff';
  if (head.startsWith('\xff\x0a') || head === '\0\0\0\x0cJXL \r\n\x87\n') return 'image/jxl';
  if (head.slice(4, 8) !== 'ftyp') return undefined;
  const brands = bytes.subarray(8, Math.min(bytes.length, 64)).toString('latin1');
  if (/avi[fs]/.test(brands)) return 'image/avif';
  return /hei[cx]|mif1|msf1/.test(brands) ? 'image/heic' : undefined;
}

/** The name of a format that holds a picture and that nobody here decodes, for the reader of a failure. */
export function undecodedTypeOf(bytes: Buffer): string | undefined {
  const head = bytes.toString('latin1', 0, 1_000);
  return UNDECODED.find(([, sign]) => sign.test(head))?.[0];
}

const UNDECODED: readonly (readonly [string, RegExp])[] = [
  ['an SVG drawing', /^\s*(?:<\?xml[^>]*>\s*)?(?:<!--[^>]*-->\s*|<!DOCTYPE svg[^>]*>\s*)*<svg[\s>]/i],
  ['a PDF', /^%PDF-/],
  ['a PostScript file', /^(?:%!PS|\xc5\xd0\xd3\xc6)/],
  ['a JPEG 2000', /^(?:\0\0\0\x0cjP {2}|\xff\x4f\xff\x51)/],
  ['an OpenEXR file', /^v\/1\x01/],
  ['a Radiance file', /^#\?(?:RADIANCE|RGBE)/],
  ['a Photoshop file', /^8BPS/],
  ['an icon', /^\0\0\x01\0[^\0]\0/],
  ['a 3D model', /^glTF/],
];

/** The lengths of the header of a BMP, whose own sign is two letters. */
const BMP_HEADS = new Set([12, 40, 52, 56, 64, 108, 124]);
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
 * about the others.
 */
export function isWhole(bytes: Buffer, type: string): boolean {
  const tail = bytes.subarray(-TAIL_BYTES);
  switch (type) {
    case 'image/png':
      return tail.includes(PNG_END);
    case 'image/jpeg':
      return bytes.includes(JPEG_END, scanOf(bytes));
    case 'image/gif':
      return GIF_END.test(tail.subarray(-GIF_TAIL_BYTES).toString('latin1'));
    case 'image/webp':
      return bytes.length >= 8 + bytes.readUInt32LE(4);
    default:
      return true;
  }
}

/** Where the picture of a JPEG begins; there may be a smaller one with an end of its own before. */
function scanOf(bytes: Buffer): number {
  for (let at = 2; at + 4 <= bytes.length && bytes[at] === 0xff;) {
    if (bytes[at + 1] === 0xda) return at;
    at += bytes[at + 1] === 0xff ? 1 : 2 + bytes.readUInt16BE(at + 2);
  }
  return 0;
}
