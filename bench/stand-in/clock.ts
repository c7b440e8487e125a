/** What the process has to add to its own clock: `process.hrtime` is the machine's, but makes a bigint at each look. */
const origin = Number(process.hrtime.bigint() / 1000n) - performance.now() * 1000;

/** Microseconds of the machine's monotonic clock, which all processes share; so a time may be taken in one and read in another. */
export function nowMicros(): number {
  return Math.round(origin + performance.now() * 1000);
}
