import type { ServerResponse } from 'node:http';
import { controlFrame } from './stream/frames';
import type { Viewer } from './stream/viewer';
import { whenGone } from './when-gone';

const NOTICE_MS = 30_000;
/** The longest wait of a timer in Node. A longer stream ends when its credential is next checked. */
const MAX_MS = 2 ** 31 - 1;

/** Lets a viewer know half a minute before its credential ends, and ends it then. */
export function announceExpiry(viewer: Viewer, response: ServerResponse, expiresAt: Date | undefined): void {
  const left = (expiresAt?.getTime() ?? Infinity) - Date.now();
  if (expiresAt === undefined || left > MAX_MS) return;
  const notice = controlFrame({ type: 'expiring', expires_at: expiresAt.toISOString() });
  const timers = [
    setTimeout(() => viewer.write(notice), Math.max(0, left - NOTICE_MS)),
    setTimeout(() => viewer.end('expired'), Math.max(0, left)),
  ];
  whenGone(response, () => timers.forEach(clearTimeout));
}
