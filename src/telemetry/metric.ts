import type { Metric as RegisteredMetric, MetricValueWithName, Registry } from 'prom-client';
import { fixedSets, type Labels, type LabelSets } from './label-sets';
import { Gauge, Histogram, type Counter } from './series';

interface Description<Label extends string> {
  readonly name: string;
  readonly help: string;
  readonly labels?: LabelSets<Label>;
  /** Brings the series up to date before they are read. */
  readonly refresh?: () => Promise<void>;
}

const NO_LABELS = fixedSets<string>({});

/**
 * One metric and its series, one for each set of label values. The library prom-client looks labels up at every change:
 * too slow for thousands of tokens a second. Here a stream looks its series up once, and prom-client reads them at each
 * scrape.
 */
export class Metric<Series extends Counter | Gauge | Histogram, Label extends string = never> {
  private readonly series = new Map<string, { readonly labels: Labels<Label>; readonly series: Series }>();
  private readonly sets: LabelSets<Label>;

  constructor(
    registry: Registry,
    private readonly description: Description<Label>,
    private readonly create: () => Series,
  ) {
    this.sets = description.labels ?? (NO_LABELS as LabelSets<Label>);
    register(registry, this);
  }

  get name(): string {
    return this.description.name;
  }

  of(labels: Labels<Label>): Series {
    return this.at(this.sets.admit(labels));
  }

  /** The method that prom-client calls. */
  async get() {
    const { name, help, refresh } = this.description;
    await refresh?.();
    for (const labels of this.sets.known()) this.at(labels);
    const values = [...this.series.values()].flatMap(({ labels, series }) => valuesOf(name, labels, series));
    return { name, help, type: this.type(), aggregator: 'sum', values };
  }

  private at(labels: Labels<Label>): Series {
    const key = this.sets.names.map((label) => labels[label]).join('\0');
    let found = this.series.get(key);
    if (!found) {
      found = { labels, series: this.create() };
      this.series.set(key, found);
    }
    return found.series;
  }

  private type(): string {
    const sample = this.create();
    return sample instanceof Histogram ? 'histogram' : sample instanceof Gauge ? 'gauge' : 'counter';
  }
}

/** The registry's type names its own classes; what it uses of a metric is its name and `get`. */
function register(registry: Registry, metric: object): void {
  if (!isReadable(metric)) throw new TypeError('not a metric');
  registry.registerMetric(metric);
}

function isReadable(metric: object): metric is RegisteredMetric {
  return 'name' in metric && 'get' in metric;
}

function valuesOf(
  name: string,
  labels: Readonly<Record<string, string>>,
  series: Counter | Gauge | Histogram,
): MetricValueWithName<string>[] {
  if (!(series instanceof Histogram)) return [{ metricName: name, labels, value: series.value }];
  let below = 0;
  const buckets = [...series.bounds, '+Inf'].map((le, i) => {
    below += series.counts[i] as number;
    return { metricName: `${name}_bucket`, labels: { ...labels, le }, value: below };
  });
  return [
    ...buckets,
    { metricName: `${name}_sum`, labels, value: series.sum },
    { metricName: `${name}_count`, labels, value: series.count },
  ];
}
