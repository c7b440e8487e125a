import { Cluster, type Redis } from 'ioredis';
import { parseProjectId, type LaneId, type StopRequest } from '../protocol';
import { count, fields, id, list, text, type Reader } from '../protocol/viewer';
import type { ControlChannel } from './control-channel';
import { keys } from './keys';
import type { RefusalReport } from './redis-refusals';

export interface RedisControlOptions {
  /** How long after its return the channel is not relied on. */
  readonly settlingMs?: number;
  readonly refusals?: RefusalReport;
}

/** A call to stop waits no longer for Redis. */
const STOP_MS = 500;
/** A cancellation that Temporal knew of before the return is in the answer to a beat by then. */
const SETTLING_MS = 2_000;

/** The control channel in Redis or Valkey, also as a cluster: one Pub/Sub channel for all projects. */
export class RedisControlChannel implements ControlChannel {
  private readonly listeners = new Set<(request: StopRequest) => void>();
  private subscriber: Redis | undefined;
  private heardSince: number | undefined;

  constructor(
    /** Shared with others: it is not closed with the channel. */
    private readonly publisher: Redis | Cluster,
    /** Made when the first one listens, so that a process that only tells holds no connection for it. */
    private readonly connectSubscriber: () => Redis,
    private readonly options: RedisControlOptions = {},
  ) {}

  get up(): boolean {
    const { settlingMs = SETTLING_MS } = this.options;
    return this.heardSince !== undefined && performance.now() - this.heardSince >= settlingMs;
  }

  async stop(request: StopRequest): Promise<boolean> {
    this.tell(request);
    const told = this.publish(JSON.stringify(request)).then(
      () => true,
      ({ errors }: AggregateError) => {
        this.options.refusals?.refused('stop lanes', errors[0]);
        return false;
      },
    );
    return orAfter(STOP_MS, false, told);
  }

  listen(listener: (request: StopRequest) => void): () => void {
    this.listeners.add(listener);
    this.subscriber ??= this.connect();
    return () => void this.listeners.delete(listener);
  }

  close(): void {
    this.listeners.clear();
    this.lost();
    this.subscriber?.disconnect();
  }

  /** A cluster's nodes pass on what is published some 40 ms late, so each is told itself; a stop twice is one stop. */
  private async publish(message: string): Promise<unknown> {
    const nodes = this.publisher instanceof Cluster ? this.publisher.nodes('master') : [this.publisher];
    return Promise.any(nodes.map((node) => node.publish(keys.control, message)));
  }

  private connect(): Redis {
    const redis = this.connectSubscriber();
    redis.on('message', (_channel: string, message: string) => {
      const request = requestIn(message);
      if (request) this.tell(request);
    });
    redis.on('close', () => this.lost());
    redis.on('ready', () => {
      redis.subscribe(keys.control).then(
        () => this.heard(redis),
        (error: unknown) => void this.options.refusals?.refused('listen for stops', error),
      );
    });
    return redis;
  }

  private heard(redis: Redis): void {
    if (redis.status === 'ready') this.heardSince = performance.now();
  }

  private lost(): void {
    this.heardSince = undefined;
  }

  private tell(request: StopRequest): void {
    for (const listener of [...this.listeners]) listener(request);
  }
}

/** What is answered, or `otherwise` where nothing is within `ms`. */
function orAfter<T>(ms: number, otherwise: T, answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<T>((resolve) => (timer = setTimeout(() => resolve(otherwise), ms)));
  return Promise.race([answer, late]).finally(() => clearTimeout(timer));
}

const stopRequest: Reader<StopRequest> = fields(
  { projectId: id(parseProjectId, 'the id of a project') },
  { runId: text, lanes: list(text as Reader<LaneId>), before: count },
);

/** Undefined where others use the channel for something that is no stop. A request that can be read half is none. */
function requestIn(message: string): StopRequest | undefined {
  try {
    return stopRequest(JSON.parse(message));
  } catch {
    return undefined;
  }
}
