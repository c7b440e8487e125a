export interface Caption {
  readonly seconds: number;
  readonly text: string;
}

/** The captions one after the other as SubRip text, each for its own seconds. */
export function subRip(captions: readonly Caption[]): string {
  let from = 0;
  return captions
    .map(({ seconds, text }, i) => {
      const start = from;
      from += seconds;
      // A blank line would end the caption early.
      const lines = text.trim().replace(/\s*[\r\n]\s*/g, '\n');
      return `${i + 1}\n${stamp(start)} --> ${stamp(from)}\n${lines}\n`;
    })
    .join('\n');
}

function stamp(seconds: number): string {
  const ms = Math.round(seconds * 1000);
  const part = (value: number, digits: number) => String(value).padStart(digits, '0');
  const clock = [ms / 3_600_000, (ms / 60_000) % 60, (ms / 1000) % 60].map((value) => part(Math.floor(value), 2));
  return `${clock.join(':')},${part(ms % 1000, 3)}`;
}
