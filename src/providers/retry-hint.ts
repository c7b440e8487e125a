/** Words before a stated wait: "Please retry in 34.4s", "try again in 7m12s", "resets in ~30 seconds". */
const HINT =
  /(?:retry|try again|resets?|wait)\b[^.;\d]{0,20}?((?:\d{1,6}(?:\.\d{1,9})?\s?(?:ms|milliseconds?|s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?)(?![a-z])\s?)+)/i;
const PART = /(\d+(?:\.\d+)?)\s?(ms|milli|s|m|h)/gi;
const MS: Readonly<Record<string, number>> = { ms: 1, milli: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** After how many milliseconds a refusal asks for the next try, by its message; undefined if it states no time. */
export function statedDelayMs(message: string): number | undefined {
  const [, stated] = HINT.exec(message) ?? [];
  if (stated === undefined) return undefined;
  return [...stated.matchAll(PART)].reduce((ms, [, n, unit = '']) => ms + Number(n) * (MS[unit.toLowerCase()] ?? 0), 0);
}
