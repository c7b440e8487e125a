/** Microseconds of the machine's monotonic clock, which all processes share; so a time may be taken in one and read in another. */
export function nowMicros(): number {
  return Number(process.hrtime.bigint() / 1000n);
}
