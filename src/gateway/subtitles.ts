import type { Caption } from '../client';
import { captionLines } from './caption-lines';

type Spoken = Pick<Caption, 'seconds' | 'text'>;

/** The captions one after the other as SubRip text, each for its own seconds, and of each what can be read at once. */
export function subRip(captions: readonly Spoken[]): string {
  return timed(captions, ',')
    .map(({ times, text }, i) => `${i + 1}\n${times}\n${text}\n`)
    .join('\n');
}

/** The same as WebVTT, for a browser's `<track>`. */
export function webVtt(captions: readonly Spoken[]): string {
  const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return `WEBVTT\n${timed(captions, '.')
    .map(({ times, text }) => `\n${times}\n${escaped(text)}\n`)
    .join('')}`;
}

/** A chapter for each scene, by its number, for a `<track kind="chapters">`. */
export function chapters(captions: readonly Omit<Caption, 'text'>[]): string {
  return webVtt(captions.map(({ scene, seconds }) => ({ seconds, text: `Scene ${scene}` })));
}

function timed(captions: readonly Spoken[], point: string): { readonly times: string; readonly text: string }[] {
  let from = 0;
  return captions.flatMap(({ seconds, text }) => {
    const begin = from;
    from += seconds;
    let share = 0;
    return captionLines(text).map((line) => {
      const start = begin + seconds * share;
      share += line.share;
      return { times: `${stamp(start, point)} --> ${stamp(begin + seconds * share, point)}`, text: line.text };
    });
  });
}

function stamp(seconds: number, point: string): string {
  const ms = Math.round(seconds * 1000);
  const part = (value: number, digits: number) => String(value).padStart(digits, '0');
  const clock = [ms / 3_600_000, (ms / 60_000) % 60, (ms / 1000) % 60].map((value) => part(Math.floor(value), 2));
  return `${clock.join(':')}${point}${part(ms % 1000, 3)}`;
}
