import { createHash, type Hash } from 'node:crypto';

/** Bytes of a text's end that are kept as they are, so that it can be cut back by at least half of them. */
const WINDOW = { first: 256, most: 2_048 };
const EMPTY = Buffer.alloc(0);

/**
 * A growing text, reduced to what its length and SHA-256 need: a hash of everything but the end, and the end itself.
 * The end is kept because a new attempt may continue from a little further back. The memory is at most 3 KB, however
 * long the text.
 */
export class RollingTextHash {
  private bytes = 0;
  /** The hash of everything before the window. */
  private hash: Hash | undefined;
  private window = EMPTY;
  private used = 0;
  /** The hash of the whole text, once it is committed; nothing else is kept then. */
  private settled: string | undefined;
  private torn = false;

  /** A committed text, which is known to have this hash. */
  static ofSettled(bytes: number, sha256: string): RollingTextHash {
    const text = new RollingTextHash();
    text.settle(bytes, sha256);
    return text;
  }

  get hasSettled(): boolean {
    return this.settled !== undefined;
  }

  add(piece: string): void {
    const size = Buffer.byteLength(piece);
    // A committed text does not grow any more.
    if (this.settled !== undefined) this.torn = true;
    if (this.used + size > WINDOW.most) {
      this.fold(piece);
    } else {
      if (this.used + size > this.window.length) this.widen(this.used + size);
      this.window.write(piece, this.used);
      this.used += size;
    }
    this.bytes += size;
  }

  /** Records that a part of the text was not seen, so that the hash is unknown from now on. */
  tear(): void {
    this.torn = true;
  }

  canCut(bytes: number): boolean {
    return bytes <= this.bytes && this.bytes - bytes <= this.used;
  }

  /** Drops everything after `bytes` bytes; allowed only if `canCut` returns true. */
  cut(bytes: number): void {
    this.used -= this.bytes - bytes;
    this.bytes = bytes;
  }

  /** Whether this is the described text. If so, it counts as committed. */
  is(bytes: number, sha256: string): boolean {
    if (this.torn || this.bytes !== bytes) return false;
    this.settled ??= (this.hash ?? createHash('sha256')).update(this.window.subarray(0, this.used)).digest('hex');
    this.settle(bytes, this.settled);
    return this.settled === sha256;
  }

  private settle(bytes: number, sha256: string): void {
    this.bytes = bytes;
    this.settled = sha256;
    this.hash = undefined;
    this.window = EMPTY;
    this.used = 0;
  }

  private fold(piece: string): void {
    const end = Buffer.concat([this.window.subarray(0, this.used), Buffer.from(piece)]);
    const kept = WINDOW.most / 2;
    this.hash ??= createHash('sha256');
    this.hash.update(end.subarray(0, -kept));
    this.widen(WINDOW.most);
    end.copy(this.window, 0, end.length - kept);
    this.used = kept;
  }

  private widen(needed: number): void {
    if (needed <= this.window.length) return;
    let size = Math.max(WINDOW.first, this.window.length);
    while (size < needed) size *= 2;
    // A piece of the shared pool would keep all of that alive.
    const wider = Buffer.allocUnsafeSlow(size);
    this.window.copy(wider, 0, 0, this.used);
    this.window = wider;
  }
}
