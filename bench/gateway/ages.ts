/** How late tokens came. Millions of them are kept as counts of tenths of a millisecond, up to a minute. */
export class Ages {
  private readonly counts = new Uint32Array(600_001);
  private total = 0;
  private most = 0;

  add(micros: number): void {
    const tenths = Math.min(Math.max(Math.round(micros / 100), 0), this.counts.length - 1);
    this.counts[tenths] = (this.counts[tenths] ?? 0) + 1;
    this.total += 1;
    this.most = Math.max(this.most, tenths);
  }

  clear(): void {
    this.counts.fill(0);
    this.total = this.most = 0;
  }

  /** In milliseconds. */
  summary() {
    return { count: this.total, p50: this.at(0.5), p99: this.at(0.99), max: this.most / 10 };
  }

  private at(share: number): number {
    let left = Math.ceil(this.total * share);
    for (let tenths = 0; tenths <= this.most; tenths += 1) {
      left -= this.counts[tenths] ?? 0;
      if (left <= 0) return tenths / 10;
    }
    return NaN;
  }
}
