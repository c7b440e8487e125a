/** A number that only grows. */
export class Counter {
  value = 0;

  add(more: number): void {
    this.value += more;
  }
}

/** A number that goes up and down. */
export class Gauge {
  value = 0;

  add(change: number): void {
    this.value += change;
  }
}

/** How often values fell into which bucket. It allocates nothing after it was made: observing is a loop over a few bounds. */
export class Histogram {
  /** One count per bucket, not cumulative; the last bucket has no upper bound. */
  readonly counts: Float64Array;
  sum = 0;
  count = 0;

  constructor(readonly bounds: readonly number[]) {
    this.counts = new Float64Array(bounds.length + 1);
  }

  observe(value: number, times = 1): void {
    let bucket = 0;
    while (bucket < this.bounds.length && value > (this.bounds[bucket] as number)) bucket++;
    this.counts[bucket] = (this.counts[bucket] as number) + times;
    this.sum += value * times;
    this.count += times;
  }
}
