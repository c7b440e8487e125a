import { crc32 } from 'node:zlib';

/**
 * Whether a PNG or JPEG is in the form that every service and browser reads alike. That is one picture of 8 bits in grey
 * or RGB, without fields that turn it. Whether it is transparent does not count.
 */
export function isPlainPicture(bytes: Buffer, mediaType: string): boolean {
  if (mediaType === 'image/png') return isPlainPng(bytes);
  return mediaType === 'image/jpeg' && componentsOfJpeg(bytes) <= 3;
}

/** The signature of a PNG, after which its chunks begin. Each has 12 bytes around its data. */
const PNG_HEAD = 8;
/** The fields of a picture come before its pixels. */
const HEAD_BYTES = 64 * 1024;
const BITS_AT = PNG_HEAD + 16;
/** Chunks of an animation, of fields that may turn the picture, and of colours that may be HDR. */
const NOT_PLAIN = new Set(['acTL', 'eXIf', 'cICP']);

/** Whether each chunk is whole by its sum, too. Source: PNG specification, third edition. */
function isPlainPng(bytes: Buffer): boolean {
  if ((bytes[BITS_AT] ?? 0) > 8) return false;
  for (let at = PNG_HEAD; at + 12 <= bytes.length;) {
    const type = bytes.toString('latin1', at + 4, at + 8);
    const end = at + 8 + bytes.readUInt32BE(at);
    if (NOT_PLAIN.has(type) || end + 4 > bytes.length) return false;
    if (crc32(bytes.subarray(at + 4, end)) !== bytes.readUInt32BE(end)) return false;
    if (type === 'IEND') return true;
    at = end + 4;
  }
  return false;
}

/** How many values each pixel has: 1 for grey, 3 for colours, 4 for CMYK. Source: ITU-T T.81, B.2.2. */
function componentsOfJpeg(bytes: Buffer): number {
  for (let at = 2; at + 10 <= bytes.length;) {
    const marker = bytes[at + 1] ?? 0;
    // A marker may have any number of these bytes before it.
    if (marker === 0xff) at += 1;
    else if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) return bytes[at + 9] ?? 0;
    else at += 2 + bytes.readUInt16BE(at + 2);
  }
  return 0;
}

/** Source: ITU-T H.273. */
const HDR_TRANSFERS: Readonly<Record<number, string>> = { 16: 'smpte2084', 18: 'arib-std-b67' };

/** The transfer function of a picture in HDR, in ffmpeg's words, as its own fields state it. */
export function hdrOfPicture(bytes: Buffer, mediaType: string): string | undefined {
  // The transfer function is the second field, of one byte in a PNG and of two in the others.
  const [field, behind] = mediaType === 'image/png' ? ['cICP', 5] : ['colrnclx', 11];
  if (!['image/png', 'image/avif', 'image/heic'].includes(mediaType)) return undefined;
  const at = bytes.subarray(0, HEAD_BYTES).indexOf(field);
  return at < 0 ? undefined : HDR_TRANSFERS[bytes[at + behind] ?? 0];
}
