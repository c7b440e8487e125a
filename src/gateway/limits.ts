import type { FastifyRequest } from 'fastify';
import type { Config } from '../config';
import type { App } from './app';
import { networkOf } from './forwarded';
import { Refusal } from './problem';

/** Seconds of requests that may come at once. */
const BURST_SECONDS = 10;
/** An attacker with many addresses must not fill the memory. */
const MAX_CALLERS = 10_000;
const RETRY_SECONDS = 5;

export type Held = 'stream' | 'wait';
type Asking = Pick<FastifyRequest, 'caller' | 'ip'>;
type Settings = Pick<Config, 'GATEWAY_REQUESTS_PER_SECOND' | 'GATEWAY_STREAMS' | 'GATEWAY_WAITS'>;

/** The limits of one owner, or of one address if no key names an owner. 0 is no limit, and the operator has none. */
export class Limits {
  private readonly buckets = new Map<string, { left: number; at: number }>();
  private readonly held = { stream: new Map<string, number>(), wait: new Map<string, number>() };

  constructor(
    private readonly settings: Settings,
    /** In milliseconds. */
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** One more request. Throws `Request.TooMany`. */
  count(request: Asking): void {
    const rate = this.settings.GATEWAY_REQUESTS_PER_SECOND;
    if (rate === 0 || isOperator(request)) return;
    const [who, now] = [whoOf(request), this.now()];
    const known = this.buckets.get(who) ?? { left: rate * BURST_SECONDS, at: now };
    const left = Math.min(rate * BURST_SECONDS, known.left + ((now - known.at) / 1_000) * rate);
    this.buckets.delete(who);
    this.buckets.set(who, { left: left < 1 ? left : left - 1, at: now });
    for (const oldest of this.buckets.keys()) {
      if (this.buckets.size <= MAX_CALLERS) break;
      this.buckets.delete(oldest);
    }
    if (left < 1) refuse(`More than ${rate} requests a second came for a while.`, Math.ceil((1 - left) / rate));
  }

  /** What is left to the caller, as fields of an answer (draft-ietf-httpapi-ratelimit-headers-10); none without a limit. */
  fieldsFor(request: Asking): Readonly<Record<string, string>> {
    const rate = this.settings.GATEWAY_REQUESTS_PER_SECOND;
    const bucket = rate === 0 || isOperator(request) ? undefined : this.buckets.get(whoOf(request));
    if (!bucket) return {};
    const most = rate * BURST_SECONDS;
    const seconds = Math.ceil((most - bucket.left) / rate);
    return {
      'ratelimit-policy': `"requests";q=${most};w=${BURST_SECONDS}`,
      ratelimit: `"requests";r=${Math.max(0, Math.floor(bucket.left))};t=${seconds}`,
    };
  }

  /** Something that stays open, until the answer is called. Throws `Request.TooMany`. */
  hold(kind: Held, request: Asking): () => void {
    const most = kind === 'stream' ? this.settings.GATEWAY_STREAMS : this.settings.GATEWAY_WAITS;
    if (most === 0 || isOperator(request)) return () => undefined;
    const [who, held] = [whoOf(request), this.held[kind]];
    const open = held.get(who) ?? 0;
    if (open >= most)
      refuse(`${open} ${kind === 'stream' ? 'streams' : 'waiting requests'} are open already.`, RETRY_SECONDS);
    held.set(who, open + 1);
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      const left = (held.get(who) ?? 1) - 1;
      if (left > 0) held.set(who, left);
      else held.delete(who);
    };
  }
}

/** Every request is counted when it is known who asks; a supervisor's are not. */
export function countRequests(app: App, limits: Limits): void {
  app.addHook('onRequest', (request, { raw }, done) => {
    const { url = '' } = request.routeOptions;
    if (url === '/healthz' || url === '/readyz') return done();
    try {
      limits.count(request);
    } finally {
      // At the answer itself: a stream leaves the framework.
      for (const [name, value] of Object.entries(limits.fieldsFor(request))) raw.setHeader(name, value);
    }
    done();
  });
}

function isOperator({ caller }: Asking): boolean {
  return caller !== undefined && caller.owner === undefined && caller.only === undefined;
}

function whoOf({ caller, ip }: Asking): string {
  return caller?.owner === undefined ? `address:${networkOf(ip)}` : `owner:${caller.owner}`;
}

function refuse(what: string, seconds: number): never {
  throw new Refusal('Request.TooMany', `${what} Try again later.`, { retry_after: Math.max(1, seconds) });
}
