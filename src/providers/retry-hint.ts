/** Words before a stated wait: "Please retry in 34.4s", "try again in 7m12s", "resets in ~30 seconds". */
const HINT =
  /(?:retry|try again|resets?|wait)\b[^.;\d]{0,20}?((?:\d{1,6}(?:\.\d{1,9})?\s?(?:ms|milliseconds?|s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?)(?![a-z])\s?)+)/i;
const CHINESE_HINT = /(\d{1,6}(?:\.\d{1,9})?\s?(?:毫秒|秒|分钟))(?:之?后|再)/;
const PART = /(\d+(?:\.\d+)?)\s?(ms|milli|毫秒|s|秒|m|分钟|h)/gi;
const MS: Readonly<Record<string, number>> = {
  ...{ ms: 1, milli: 1, 毫秒: 1 },
  ...{ s: 1_000, 秒: 1_000 },
  ...{ m: 60_000, 分钟: 60_000, h: 3_600_000 },
};

/** After how many milliseconds a refusal asks for the next try, by its message; undefined if it states no time. */
export function statedDelayMs(message: string): number | undefined {
  const [, stated] = HINT.exec(message) ?? CHINESE_HINT.exec(message) ?? [];
  return stated === undefined ? undefined : msIn(stated);
}

/** The same by the headers: the wait itself, or when a limit that is used up begins anew. */
export function delayInHeaders(pairs: Iterable<readonly [string, string]>, now = Date.now()): number | undefined {
  const headers = new Map([...pairs].map(([name, value]) => [name.toLowerCase(), value]));
  const inMs = headers.get('retry-after-ms') ?? '';
  if (inMs !== '' && Number.isFinite(Number(inMs))) return Number(inMs);
  const wait = msUntil(headers.get('retry-after') ?? '', now);
  if (wait !== undefined) return wait;
  const waits = [...headers].flatMap(([name, value]) => {
    if (!/rate-?limit/.test(name)) return [];
    const next = /(?:^|[;,\s])(?:t|reset)=(\d{1,12})/.exec(value)?.[1];
    if (next !== undefined && /(?:^|[;,\s])(?:r|remaining)=0/.test(value)) return [msUntil(next, now) ?? 0];
    if (!name.includes('reset') || Number(headers.get(name.replace('reset', 'remaining')) ?? 0) > 0) return [];
    return [msUntil(value, now) ?? 0];
  });
  const longest = Math.max(0, ...waits);
  return longest > 0 ? longest : undefined;
}

/** Numbers from here on are a time, and not a wait: in seconds, and in milliseconds. */
const EPOCH = { s: 1e9, ms: 1e12 };

/** `7`, `7.5`, `7s`, `6m0s`, a date, or a time as a number. */
function msUntil(value: string, now: number): number | undefined {
  const number = value.trim() === '' ? NaN : Number(value);
  if (Number.isFinite(number)) {
    if (number >= EPOCH.ms) return number - now;
    return number >= EPOCH.s ? number * 1_000 - now : number * 1_000;
  }
  if (/^\s*(?:\d+(?:\.\d+)?\s?(?:ms|s|m|h|(?:sec|min)(?:ond|ute)?s?|hours?)\s?)+$/i.test(value)) return msIn(value);
  // A list of numbers has a date for some engines.
  const date = /[a-z]/i.test(value) ? Date.parse(value) : NaN;
  return Number.isFinite(date) ? date - now : undefined;
}

function msIn(stated: string): number {
  return [...stated.matchAll(PART)].reduce((ms, [, n, unit = '']) => ms + Number(n) * (MS[unit.toLowerCase()] ?? 0), 0);
}
