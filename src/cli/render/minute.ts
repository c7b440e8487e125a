/** A time to the minute, in UTC: `2026-11-30T04:32Z`. */
export function minute(at: Date): string {
  return `${at.toISOString().slice(0, 16)}Z`;
}
