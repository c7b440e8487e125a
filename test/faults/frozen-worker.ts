import type { Fault, SeenRequest } from '../../dev/studio';
import { StoryClient } from '../../src/client';
import { readConfig } from '../../src/config';
import type { ProjectId, StoryEvent } from '../../src/protocol';
import { fromSetup, testEnv } from '../support/services';
import { ownTopic, watchUntil } from '../support/stories';
import type { StudioControl } from '../support/studio-control';
import { TcpProxy } from '../support/tcp-proxy';
import { until } from '../support/until';
import { WorkerProcess } from '../support/worker-process';
import { longText } from '../support/long-rewrite';

/** A story whose rewrite is frozen in mid-stream; its second attempt is given another text. */
export interface HauntedStory {
  readonly projectId: ProjectId;
  readonly mark: string;
  /** Of the second attempt. */
  readonly text: string;
  /** What its viewer has seen so far. */
  readonly events: readonly StoryEvent[];
  /** Resolves when its viewer is told that the text is done. */
  readonly ended: Promise<unknown>;
  tokensOf(attempt: number): number;
}

/** A text by its length, and how fast it comes. */
export interface Paced {
  readonly sentences: number;
  readonly tokensPerSecond: number;
}

/**
 * A worker that hangs for longer than its heartbeats may stay away, with a network of its own to Temporal and to Redis, and
 * the worker that takes its lanes over. When it wakes, its attempts are zombies.
 */
export class FrozenWorker {
  redis!: TcpProxy;
  private readonly env = testEnv();
  private readonly stories: HauntedStory[] = [];
  private temporal!: TcpProxy;
  private client!: StoryClient;
  private worker!: WorkerProcess;
  private successor: WorkerProcess | undefined;

  constructor(private readonly studio: StudioControl) {}

  async open(): Promise<void> {
    this.client = await StoryClient.connect(readConfig(this.env));
    this.temporal = await TcpProxy.start(portOf(fromSetup('STORYREEL_TEST_TEMPORAL_ADDRESS')));
    this.redis = await TcpProxy.start(portOf(fromSetup('STORYREEL_TEST_REDIS_URL')));
    this.worker = await WorkerProcess.start({
      ...this.env,
      TEMPORAL_ADDRESS: `127.0.0.1:${this.temporal.port}`,
      REDIS_URL: `redis://127.0.0.1:${this.redis.port}`,
    });
  }

  async begin(first: Paced, next: { sentences: number; fault: Fault }): Promise<HauntedStory> {
    const { topic, mark } = ownTopic();
    const text = longText(mark, next.sentences, 'anew');
    await this.studio.misbehave(mark, 'chat', {
      text: longText(mark, first.sentences, 'before'),
      tokensPerSecond: first.tokensPerSecond,
    });
    await this.studio.misbehave(mark, 'chat', { text, ...next.fault });
    const projectId = await this.client.create({ topic, settings: { scenes: 1 } });
    await this.client.start(projectId);
    const events: StoryEvent[] = [];
    const isEnd = (event: StoryEvent) => events.push(event) > 0 && event.type === 'done';
    const ended = watchUntil(this.client, projectId, isEnd);
    ended.catch(() => undefined);
    const tokensOf = (attempt: number) =>
      events.filter((event) => event.type === 'token' && event.attempt === attempt).length;
    const story = { projectId, mark, text, events, ended, tokensOf };
    this.stories.push(story);
    return story;
  }

  /** In the middle of all its stories, and with a piece of each on its way to Redis, which arrives after `thaw`. */
  async freeze(): Promise<void> {
    await until('all stories stream', () => this.stories.every((story) => story.tokensOf(1) > 5));
    this.redis.hold();
    await until('a piece of each is on its way', () =>
      this.stories.every(({ projectId }) => this.redis.holds(projectId)),
    );
    this.worker.freeze();
    // Otherwise Temporal would hand the next attempts to what the frozen worker has asked for.
    await this.temporal.refuse();
    this.successor = await WorkerProcess.start(this.env);
  }

  thaw(): void {
    this.redis.release();
    this.worker.thaw();
  }

  /** The request of the attempt that was frozen. */
  async firstRequest({ mark }: HauntedStory): Promise<SeenRequest | undefined> {
    return (await this.studio.requests(mark)).find(({ kind }) => kind === 'chat');
  }

  async claimedBy({ projectId }: HauntedStory): Promise<number | undefined> {
    const { lanes } = await this.client.status(projectId);
    return lanes.find(({ lane }) => lane === 'rewrite')?.attempt;
  }

  /** What stops an attempt first depends on the machine: the answer to its late piece, or its unanswered heartbeats. */
  saysStopped(story: HauntedStory): boolean {
    return this.says('"Lane.Stale"', story) || this.saysUnanswered(story);
  }

  saysUnanswered(story: HauntedStory): boolean {
    return this.says('has not answered the heartbeats', story);
  }

  private says(words: string, { projectId }: HauntedStory): boolean {
    return this.worker.log.split('\n').some((line) => line.includes(words) && line.includes(projectId));
  }

  async close(): Promise<void> {
    await this.worker.kill();
    await this.successor?.kill();
    await this.client.close();
    await this.temporal.close();
    await this.redis.close();
  }
}

function portOf(address: string): number {
  return Number(address.slice(address.lastIndexOf(':') + 1));
}
