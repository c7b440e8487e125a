import { languageOfTrack } from './track-language';
import { textOf, type Cue } from './captions';

const MOVIE_TICKS = 1000;
const NO_SHIFT = [0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000];

/**
 * An mp4 with only a track of captions (3GPP timed text), for ffmpeg to copy into a film. Its samples hold the text of
 * the cues unchanged. Every format from which ffmpeg could convert gives some characters a meaning, and loses them.
 */
export function captionTrack(cues: readonly Cue[], ticksPerSecond: number, language?: string): Buffer {
  const samples = cues.map(sampleOf);
  const head = box('ftyp', 'isom', u32(0x200), 'isom', 'mp42');
  const ticks = cues.reduce((sum, cue) => sum + cue.ticks, 0);
  const movie = (firstByte: number) => movieBox(cues, samples, { ticks, ticksPerSecond, language }, firstByte);
  // The position of the samples depends on the length of the box that states this position.
  const begin = head.length + movie(0).length + 8;
  return Buffer.concat([head, movie(begin), box('mdat', ...samples)]);
}

function sampleOf(cue: Cue): Buffer {
  const text = Buffer.from(textOf(cue));
  return Buffer.concat([u16(text.length), text]);
}

interface TrackFacts {
  readonly ticks: number;
  readonly ticksPerSecond: number;
  readonly language: string | undefined;
}

function movieBox(
  cues: readonly Cue[],
  samples: readonly Buffer[],
  { ticks, ticksPerSecond, language }: TrackFacts,
  begin: number,
): Buffer {
  const inMovie = Math.round((ticks / ticksPerSecond) * MOVIE_TICKS);
  const times = box('stts', u32(0), u32(cues.length), ...cues.map((cue) => Buffer.concat([u32(1), u32(cue.ticks)])));
  const sizes = box('stsz', u32(0), u32(0), u32(samples.length), ...samples.map(({ length }) => u32(length)));
  const chunks = [
    box('stsc', u32(0), u32(1), u32(1), u32(samples.length), u32(1)),
    box('stco', u32(0), u32(1), u32(begin)),
  ];
  const table = box('stbl', box('stsd', u32(0), u32(1), textEntry()), times, ...chunks, sizes);
  const media = box(
    'mdia',
    box('mdhd', u32(0), u32(0), u32(0), u32(ticksPerSecond), u32(ticks), u16(languageOfTrack(language)), u16(0)),
    box('hdlr', u32(0), u32(0), 'sbtl', u32(0), u32(0), u32(0), 'Captions\0'),
    box('minf', box('nmhd', u32(0)), box('dinf', box('dref', u32(0), u32(1), box('url ', u32(1)))), table),
  );
  const track = box(
    'tkhd',
    ...[u32(3), u32(0), u32(0), u32(1), u32(0), u32(inMovie), u32(0), u32(0), u16(0), u16(0), u16(0), u16(0)],
    ...[...NO_SHIFT.map(u32), u32(0), u32(0)],
  );
  const movie = box(
    'mvhd',
    ...[u32(0), u32(0), u32(0), u32(MOVIE_TICKS), u32(inMovie), u32(0x10000), u16(0x100), Buffer.alloc(10)],
    ...[...NO_SHIFT.map(u32), Buffer.alloc(24), u32(2)],
  );
  return box('moov', movie, box('trak', track, media));
}

/** White letters without a background, centred at the lower edge; a player's own settings come before it. */
function textEntry(): Buffer {
  const style = [u16(0), u16(0), u16(1), Buffer.from([0, 16]), u32(0xffffffff)];
  return box(
    'tx3g',
    ...[Buffer.alloc(6), u16(1), u32(0), Buffer.from([1, 0xff]), u32(0), Buffer.alloc(8)],
    ...style,
    box('ftab', u16(1), u16(1), Buffer.from([5]), 'Arial'),
  );
}

function box(name: string, ...content: readonly (Buffer | string)[]): Buffer {
  const parts = content.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : part));
  const length = parts.reduce((sum, part) => sum + part.length, 8);
  return Buffer.concat([u32(length), Buffer.from(name, 'latin1'), ...parts]);
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}
