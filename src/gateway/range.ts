export interface ByteRange {
  readonly start: number;
  /** The last byte of it. */
  readonly end: number;
}

/**
 * The requested part of a file (RFC 9110, 14.2). An unreadable range, and several ranges at once, count as absent: the
 * answer is then the whole file.
 */
export function rangeIn(header: string | undefined, bytes: number): ByteRange | 'whole' | 'unsatisfiable' {
  const [, from = '', to = ''] = /^bytes=(\d*)-(\d*)$/i.exec(header?.replaceAll(' ', '') ?? '') ?? [];
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
