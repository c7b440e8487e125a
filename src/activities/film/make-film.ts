import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { StoryreelError } from '../../protocol';
import { captionTrack } from './caption-track';
import { cuesOf, longestLineIn } from './captions';
import { CAPTIONS, CLIPS, ffmpeg } from './ffmpeg';
import { filmSize, formingArgs, FRAMES_PER_SECOND, isInForm, type FormedPart } from './film-form';
import { inspectClip, inspectTogether, type Inspected } from '../media/inspect-clip';

/** The clock of the captions' times; the film's frames begin at whole ticks. */
const TICKS_PER_FRAME = 1_000;

/** So many clips are read by one process. */
const READ_TOGETHER = 8;

/** What the film shows of a scene, for how long, and which text is read beside it. */
export interface SourcePart {
  readonly kind: 'clip' | 'still';
  readonly source: string;
  readonly seconds: number;
  readonly narration: string;
}

export interface FilmSettings {
  readonly ffmpegPath: string;
  /** `WIDTHxHEIGHT` in pixels. */
  readonly frameSize: string;
  /** The language of the narrations, as a BCP 47 tag. */
  readonly language?: string;
  /** The folder of all work files, and of the film. */
  readonly folder: string;
  readonly signal: AbortSignal;
  /** Called with the number of parts that are in the film's form. */
  readonly onPart?: (made: number) => void;
  /** Called if parts that look alike do not join; they are then converted to the film's form. */
  readonly onMisfit?: (fault: string) => void;
}

export type MeasuredFilm = Inspected & { readonly film: string };

/**
 * Joins the parts in their order, with their captions. Clips in the film's form are used unchanged; all others are
 * converted. The result is decoded to its end, and must have as many frames as the parts together, give or take one.
 * Otherwise it throws `Film.Failed`.
 */
export async function makeFilm(settings: FilmSettings, parts: readonly SourcePart[]): Promise<MeasuredFilm> {
  const { folder, frameSize, language, onMisfit } = settings;
  const frames = framesOf(parts.map(({ seconds }) => seconds));
  const formed = parts.map(({ kind, source }, i): FormedPart => ({ kind, source, frames: frames[i] ?? 1 }));
  const cues = cuesOf(
    parts.map(({ narration }, i) => ({ text: narration, ticks: (frames[i] ?? 1) * TICKS_PER_FRAME })),
    longestLineIn(filmSize(frameSize)),
  );
  const captions = join(folder, 'captions.mp4');
  await writeFile(captions, captionTrack(cues, FRAMES_PER_SECOND * TICKS_PER_FRAME, language));

  if (await canBeCopied(settings, formed)) {
    const film = await joined(settings, formed, captions);
    const fault = faultOf(film, frames, frameSize);
    if (film && !fault) return film;
    onMisfit?.(fault ?? '');
  }
  const film = await joined(settings, await bringToForm(settings, formed), captions);
  const fault = faultOf(film, frames, frameSize);
  if (film && !fault) return film;
  throw new StoryreelError('Film.Failed', `The film is not what its parts are together: ${fault}.`);
}

/**
 * How many frames of the film each part has, at least one. The parts begin at the frames nearest to their times on one
 * common clock. Rounding therefore does not add up: a film of many parts is as long as the parts together.
 */
export function framesOf(seconds: readonly number[]): number[] {
  let [clock, shown] = [0, 0];
  return seconds.map((each) => {
    clock += each;
    const frames = Math.max(1, Math.round(clock * FRAMES_PER_SECOND) - shown);
    shown += frames;
    return frames;
  });
}

async function canBeCopied(settings: FilmSettings, parts: readonly FormedPart[]): Promise<boolean> {
  const { ffmpegPath, frameSize, signal } = settings;
  if (parts.some(({ kind }) => kind === 'still')) return false;
  let first: Inspected | undefined;
  for (let from = 0; from < parts.length; from += READ_TOGETHER) {
    const some = parts.slice(from, from + READ_TOGETHER);
    const sources = some.map(({ source }) => source);
    for (const [i, clip] of (await inspectTogether(ffmpegPath, sources, signal)).entries()) {
      first ??= clip;
      if (!clip || !isInForm(clip, some[i]?.frames ?? 0, frameSize) || clip.form !== first?.form) return false;
    }
  }
  return true;
}

/** Makes each part a clip of the film's form in the folder, of exactly its frames. */
async function bringToForm(settings: FilmSettings, parts: readonly FormedPart[]): Promise<FormedPart[]> {
  const { ffmpegPath, frameSize, folder, signal, onPart } = settings;
  const made: FormedPart[] = [];
  for (const part of parts) {
    const target = join(folder, `part-${made.length + 1}.mp4`);
    await ffmpeg(ffmpegPath, formingArgs(part, frameSize, target), signal);
    made.push({ kind: 'clip', source: target, frames: part.frames });
    onPart?.(made.length);
  }
  return made;
}

/** Joins clips of one form as they are, and decodes what came of it to its end. */
async function joined(
  { ffmpegPath, folder, signal }: FilmSettings,
  clips: readonly FormedPart[],
  captions: string,
): Promise<MeasuredFilm | undefined> {
  const list = join(folder, 'clips.txt');
  const film = join(folder, 'film.mp4');
  const lines = clips.map(
    ({ source, frames }) => `file '${source.replaceAll("'", "'\\''")}'\nduration ${frames / FRAMES_PER_SECOND}\n`,
  );
  await writeFile(list, lines.join(''));
  await ffmpeg(
    ffmpegPath,
    [
      ...[...CLIPS, '-i', list],
      ...[...CAPTIONS, '-i', captions],
      ...['-map', '0:V:0', '-map', '1:s:0', '-c', 'copy', '-movflags', '+faststart', film],
    ],
    signal,
  );
  const measured = await inspectClip(ffmpegPath, film, signal);
  return measured && { ...measured, film };
}

function faultOf(film: Inspected | undefined, frames: readonly number[], frameSize: string): string | undefined {
  if (!film) return 'it holds no frame';
  const [fault] = film.faults;
  if (fault !== undefined) return `it cannot be decoded (${fault})`;
  const ordered = frames.reduce((sum, each) => sum + each, 0);
  const shown = Math.round(film.seconds * FRAMES_PER_SECOND);
  if (Math.abs(film.frames - ordered) > 1 || Math.abs(shown - ordered) > 1) {
    return `it has ${film.frames} frames in ${film.seconds.toFixed(2)} s, and they have ${ordered}`;
  }
  const { width, height } = filmSize(frameSize);
  return film.width === width && film.height === height ? undefined : `it has ${film.width}x${film.height} pixels`;
}
