import { types } from 'pg';

type Parse = (text: string) => unknown;

/** By the oid of the type, as the driver reads them by itself. */
const OWN: Readonly<Record<number, Parse>> = {
  // boolean
  16: (text) => text === 't',
  // bigint, as text: it may be larger than a number can be
  20: (text) => text,
  // smallint, integer, oid, real, double precision
  ...Object.fromEntries([21, 23, 26, 700, 701].map((oid) => [oid, Number])),
  // json, jsonb
  ...Object.fromEntries([114, 3802].map((oid) => [oid, (text: string): unknown => JSON.parse(text)])),
  // timestamptz
  1184: dateOf,
  // numeric, as text
  1700: (text) => text,
};

/**
 * How values of Postgres are read. The driver keeps its parsers once per process, so a program around us may have changed
 * them: bigint as a number, dates as texts. What we read does not depend on that.
 */
export const OWN_TYPES = {
  getTypeParser(oid: number, format?: 'text' | 'binary'): unknown {
    const own = format === 'binary' ? undefined : OWN[oid];
    return own ?? types.getTypeParser(oid, format);
  },
};

/** `2026-11-28 19:21:55.123456+00`, with an offset of hours, or of hours and minutes. */
function dateOf(text: string): Date {
  return new Date(text.replace(' ', 'T').replace(/([+-]\d\d)$/, '$1:00'));
}
