import { readFileSync } from 'node:fs';

/** The usage of a process so far: CPU of all of its threads in seconds, and resident memory in bytes. Linux only. */
export interface Usage {
  readonly cpuSeconds: number;
  readonly rss: number;
}

/** USER_HZ of Linux on every platform that Node runs on. */
const TICKS_PER_SECOND = 100;

export function usageOf(pid: number): Usage {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name in parentheses may hold spaces; what follows it does not.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = Number(fields[11]) + Number(fields[12]);
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const kilobytes = Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? NaN);
  return { cpuSeconds: ticks / TICKS_PER_SECOND, rss: kilobytes * 1024 };
}
