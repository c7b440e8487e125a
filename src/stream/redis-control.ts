import { Cluster, type Redis } from 'ioredis';
import { withTimeout } from '../with-timeout';
import type { StopRequest } from '../protocol';
import type { ControlChannel } from './control-channel';
import { keys } from './keys';
import type { RefusalReport } from './redis-refusals';
import { stopIn } from './stop-message';

export interface RedisControlOptions {
  /** How long after its return the channel is not relied on. */
  readonly settlingMs?: number;
  readonly refusals?: RefusalReport;
}

/** A call to stop waits no longer for Redis. */
const STOP_MS = 500;
/** A subscription that Redis refused is requested again after so long. The user may have got the right meanwhile. */
const AGAIN_MS = 1_000;
/** A cancellation that Temporal knew of before the return is in the answer to a beat by then. */
const SETTLING_MS = 2_000;

/** The control channel in Redis or Valkey, also as a cluster: one Pub/Sub channel for all projects. */
export class RedisControlChannel implements ControlChannel {
  private readonly listeners = new Set<(request: StopRequest) => void>();
  private subscriber: Redis | undefined;
  private readySince: number | undefined;
  private again: NodeJS.Timeout | undefined;

  constructor(
    /** Shared with others: it is not closed with the channel. */
    private readonly publisher: Redis | Cluster,
    /** Made when the first listener subscribes, so that a process that only sends holds no connection for it. */
    private readonly connectSubscriber: () => Redis,
    private readonly options: RedisControlOptions = {},
  ) {}

  get isReady(): boolean {
    const { settlingMs = SETTLING_MS } = this.options;
    return this.readySince !== undefined && performance.now() - this.readySince >= settlingMs;
  }

  async stop(request: StopRequest): Promise<boolean> {
    this.deliver(request);
    const sent = this.publish(JSON.stringify(request)).then(
      () => true,
      ({ errors }: AggregateError) => {
        this.options.refusals?.refused('stop lanes', errors[0]);
        return false;
      },
    );
    return withTimeout(sent, STOP_MS, false);
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

  /**
   * A cluster's nodes pass published messages on some 40 ms late, so each node gets the message directly. A repeated
   * stop does no harm.
   */
  private async publish(message: string): Promise<unknown> {
    const nodes = this.publisher instanceof Cluster ? this.publisher.nodes('master') : [this.publisher];
    return Promise.any(nodes.map((node) => node.publish(keys.control, message)));
  }

  private connect(): Redis {
    const redis = this.connectSubscriber();
    redis.on('message', (_channel: string, message: string) => {
      const read = stopIn(message);
      if ('request' in read) this.deliver(read.request);
      else this.options.refusals?.noStop(read.refusal);
    });
    redis.on('close', () => this.lost());
    redis.on('ready', () => this.subscribe(redis));
    return redis;
  }

  private subscribe(redis: Redis): void {
    redis.subscribe(keys.control).then(
      () => {
        if (redis.status === 'ready') this.readySince = performance.now();
      },
      (error: unknown) => {
        this.options.refusals?.refused('listen for stops', error);
        if (redis.status === 'ready') this.again = setTimeout(() => this.subscribe(redis), AGAIN_MS);
      },
    );
  }

  private lost(): void {
    clearTimeout(this.again);
    this.readySince = undefined;
  }

  private deliver(request: StopRequest): void {
    for (const listener of [...this.listeners]) listener(request);
  }
}
