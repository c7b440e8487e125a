export interface ByteRange {
  readonly start: number;
  /** The last byte of it. */
  readonly end: number;
}

/**
 * The part that is asked for (RFC 9110, 14.2). What cannot be read, and several ranges at once, count as not asked: the answer
 * is the whole then.
 */
export function rangeIn(header: string | undefined, bytes: number): ByteRange | 'whole' | 'unsatisfiable' {
  const [, from = '', to = ''] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header?.replaceAll(' ', '') ?? '') ?? [];
  if (from === '' && to === '') return 'whole';
  if (from === '') {
    const length = Math.min(Number(to), bytes);
    return length === 0 ? 'unsatisfiable' : { start: bytes - length, end: bytes - 1 };
  }
  const start = Number(from);
  const end = to === '' ? bytes - 1 : Math.min(Number(to), bytes - 1);
  if (to !== '' && Number(to) < start) return 'whole';
  return start >= bytes ? 'unsatisfiable' : { start, end };
}
