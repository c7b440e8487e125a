import { networkOf } from './forwarded';
import { Refusal } from './problem';

const MAX = 10;
const WINDOW_MS = 60_000;
/** An attacker with many addresses must not fill the memory. */
const MAX_ADDRESSES = 10_000;

/** How often an address, or a network of IPv6, has shown a credential that does not count. Credentials that count are never refused by it. */
export class SignInLimit {
  private readonly seen = new Map<string, { count: number; readonly until: number }>();

  constructor(private readonly now: () => number = () => performance.now()) {}

  /** One more failure of this address. Throws `Request.TooMany` for all after the tenth of a minute. */
  count(ip: string): void {
    const address = networkOf(ip);
    const known = this.current(address);
    if (known) known.count += 1;
    else {
      this.seen.delete(address);
      this.seen.set(address, { count: 1, until: this.now() + WINDOW_MS });
      for (const oldest of this.seen.keys()) {
        if (this.seen.size <= MAX_ADDRESSES) break;
        this.seen.delete(oldest);
      }
    }
    if (known && known.count > MAX) this.refuse(known.until);
  }

  private current(address: string) {
    const known = this.seen.get(address);
    return known && known.until > this.now() ? known : undefined;
  }

  private refuse(until: number): never {
    throw new Refusal('Request.TooMany', 'Too many credentials from this address do not count. Try again later.', {
      retry_after: Math.max(1, Math.ceil((until - this.now()) / 1000)),
    });
  }
}
