import { open } from 'node:fs/promises';
import { imageTypeOf } from '../../providers';

const HEAD_BYTES = 16;
const HEAD_OF_PICTURE = 64;
/** The outermost boxes of an mp4 or mov. Whatever else is behind the last one is no part of the clip. */
const BOXES = new Set(
  'ftyp styp moov moof mdat mfra free skip wide pnot meta meco uuid sidx ssix prft emsg udta'.split(' '),
);
/** Files of many pieces have two for each. */
const MAX_BOXES = 100_000;

/**
 * Whether an mp4 or mov ends before one of its boxes does. A reader takes one that was cut between two frames for a shorter
 * film, and complains of nothing.
 */
export async function isCutShort(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const head = Buffer.alloc(HEAD_BYTES);
    let at = 0;
    for (let boxes = 0; at < size && boxes < MAX_BOXES; boxes++) {
      const { bytesRead } = await file.read(head, 0, HEAD_BYTES, at);
      if (boxes === 0 && head.toString('latin1', 4, 8) !== 'ftyp') return false;
      if (bytesRead < 8 || !BOXES.has(head.toString('latin1', 4, 8))) return false;
      const short = head.readUInt32BE(0);
      // A box that lasts to the end of the file does not state its length.
      if (short === 0) return false;
      const length = short === 1 && bytesRead === HEAD_BYTES ? Number(head.readBigUInt64BE(8)) : short;
      if (length < 8) return false;
      at += length;
    }
    return at > size;
  } finally {
    await file.close();
  }
}

/** By its first bytes, the type of a file that is a picture; a clip may state among its brands that it has one. */
export async function pictureTypeOf(path: string): Promise<string | undefined> {
  const head = await headOf(path);
  const isClip = head.toString('latin1', 4, 8) === 'ftyp' && !/^(?:avi|hei|mif|msf)/.test(head.toString('latin1', 8));
  return isClip ? undefined : imageTypeOf(head);
}

const UNDECODED: readonly (readonly [string, RegExp])[] = [
  ['a playlist of pieces', /^(?:\xef\xbb\xbf)?\s*#EXTM3U/],
  ['an archive', /^(?:PK\x03\x04|\x1f\x8b|Rar!|7z\xbc\xaf)/],
  [
    'a sound without a picture',
    /^(?:ID3|\xff[\xf2\xf3\xfa\xfb\xf1\xf9]|RIFF.{4}WAVE|fLaC|OggS.{24}(?:\x01vorbis|Opus))/s,
  ],
  ['a 3D model', /^glTF/],
];

/** The name of a kind of file that holds no clip, whoever reads it; undefined if its first bytes are of no such kind. */
export async function undecodedTypeOf(path: string): Promise<string | undefined> {
  const head = (await headOf(path)).toString('latin1');
  return UNDECODED.find(([, sign]) => sign.test(head))?.[0];
}

async function headOf(path: string): Promise<Buffer> {
  const file = await open(path);
  try {
    const head = Buffer.alloc(HEAD_OF_PICTURE);
    const { bytesRead } = await file.read(head, 0, HEAD_OF_PICTURE, 0);
    return head.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
