import type { Registry } from 'prom-client';
import { STAGES } from '../protocol';
import { fixedSets, type LabelSets } from './label-sets';
import { Metric } from './metric';
import { Gauge } from './series';

/** The statuses of a run that has not ended; `queued`: a batch has not begun it. */
export const OPEN_STATUSES = ['queued', 'processing', 'paused', 'awaiting_approval', 'needs_attention'] as const;
type OpenStatus = (typeof OPEN_STATUSES)[number];

const SERVICES = ['temporal', 'postgres', 'redis'] as const;
type Service = (typeof SERVICES)[number];

/** Lanes of a stage that wait for a person. */
export interface ParkedLanes {
  readonly count: number;
  /** The time since the first of them began to need attention. */
  readonly oldestSeconds: number;
}

/** The part that is the same for all workers. */
export interface SeenWork {
  readonly runs: Readonly<Partial<Record<OpenStatus, number>>>;
  /** The lanes that need attention, by stage. */
  readonly parked: Readonly<Record<string, ParkedLanes>>;
}

export interface SeenServices {
  readonly up: Readonly<Record<Service, boolean>>;
  /** Undefined if Postgres cannot be asked: the last known values are shown then. */
  readonly work?: SeenWork;
  readonly pool: {
    readonly most: number;
    readonly idle: number;
    readonly inUse: number;
    readonly waiting: number;
  };
}

/** Scrapes within this time share one look. */
const FRESH_MS = 500;

const level = () => new Gauge();

/** The services that a worker needs and the work that waits in them, looked at when Prometheus asks. */
export class ServiceMetrics {
  private source: (() => Promise<SeenServices>) | undefined;
  private looked: { readonly at: number; readonly done: Promise<void> } | undefined;
  private seen: SeenServices | undefined;
  private work: SeenWork | undefined;

  constructor(registry: Registry) {
    const gauge = <Label extends string = never>(
      name: string,
      help: string,
      labels: LabelSets<Label>,
      isSeen: () => boolean = () => this.seen !== undefined,
    ) => {
      const shown: LabelSets<Label> = { ...labels, known: () => (isSeen() ? labels.known() : []) };
      return new Metric(registry, { name, help, labels: shown, refresh: () => this.refresh() }, level);
    };
    const isWorkSeen = () => this.work !== undefined;
    const stages = fixedSets({ stage: STAGES.map(({ name }) => name) });
    const up = gauge(
      'storyreel_service_up',
      '1 where the service does what this worker asks, else 0.',
      fixedSets({ service: SERVICES }),
    );
    const runs = gauge(
      'storyreel_open_runs',
      'Runs that have not ended, by status; all workers show the same.',
      fixedSets({ status: OPEN_STATUSES }),
      isWorkSeen,
    );
    const parked = gauge(
      'storyreel_parked_lanes',
      'Lanes that wait for a person; all workers show the same.',
      stages,
      isWorkSeen,
    );
    const oldest = gauge(
      'storyreel_oldest_parked_lane_age_seconds',
      'Since the first of the lanes that wait for a person was parked; 0 where none waits. All workers show the same.',
      stages,
      isWorkSeen,
    );
    const pool = gauge(
      'storyreel_postgres_connections',
      'Connections to Postgres that this worker has.',
      fixedSets({ state: ['idle', 'in_use'] }),
    );
    const most = gauge(
      'storyreel_postgres_pool_size',
      'Connections to Postgres that this worker may have.',
      fixedSets({}),
    );
    const waiting = gauge(
      'storyreel_postgres_waiting',
      'Statements that wait for a connection to Postgres.',
      fixedSets({}),
    );
    this.show = ({ up: isUp, pool: { idle, inUse, ...counts } }) => {
      for (const service of SERVICES) up.of({ service }).value = isUp[service] ? 1 : 0;
      pool.of({ state: 'idle' }).value = idle;
      pool.of({ state: 'in_use' }).value = inUse;
      most.of({}).value = counts.most;
      waiting.of({}).value = counts.waiting;
      const { work } = this;
      if (!work) return;
      for (const status of OPEN_STATUSES) runs.of({ status }).value = work.runs[status] ?? 0;
      for (const { stage } of stages.known()) {
        parked.of({ stage }).value = work.parked[stage]?.count ?? 0;
        oldest.of({ stage }).value = work.parked[stage]?.oldestSeconds ?? 0;
      }
    };
  }

  private readonly show: (seen: SeenServices) => void;

  /** From now on `source` is called at each scrape. It must answer within a scrape's time, whatever is away. */
  watch(source: () => Promise<SeenServices>): void {
    this.source = source;
  }

  private refresh(): Promise<void> {
    const now = performance.now();
    const { source } = this;
    if (!source) return Promise.resolve();
    if (!this.looked || now - this.looked.at > FRESH_MS) this.looked = { at: now, done: this.look(source) };
    return this.looked.done;
  }

  private async look(source: () => Promise<SeenServices>): Promise<void> {
    const seen = await source();
    this.seen = seen;
    if (seen.work) this.work = seen.work;
    this.show(seen);
  }
}
