import { setTimeout as sleep } from 'node:timers/promises';
import type { StartOptions, StoryClient } from '../../src/client';
import type { LaneId, LaneStatus, ProjectId, StoryMessage, StoryMessages, StoryStatusView } from '../../src/protocol';

/** The events of a story while its history is recorded. */
export interface Situation {
  readonly topic: string;
  /** The faults of the provider, as the studio's rules. */
  readonly faults?: readonly object[];
  readonly options?: StartOptions;
  during?(story: RecordedStory): Promise<void>;
}

export interface RecordedStory {
  readonly client: StoryClient;
  readonly projectId: ProjectId;
  /** Sends a signal as an operator does. */
  signal<M extends StoryMessage>(message: M, argument: StoryMessages[M]): Promise<void>;
  /** Replaces the worker by another one. */
  deploy(): Promise<void>;
}

const LOOK_MS = 50;

/** By the name of the history's file. A test requires each one for the present version. */
export const SITUATIONS: Readonly<Record<string, Situation>> = {
  film: { topic: 'a lighthouse keeper who collects storms' },
  retried: {
    topic: 'a baker who bakes clouds',
    faults: [{ match: 'bakes clouds', kind: 'chat', fault: { cut: 10 }, times: 1 }],
  },
  'parked-and-retried': {
    topic: 'a clock that is late',
    faults: [{ match: 'clock that is late', kind: 'chat', fault: { status: 401 }, times: 1 }],
    during: async (story) => {
      await seen(story, 'attention');
      await story.client.retry(story.projectId, 'rewrite');
    },
  },
  failed: {
    topic: 'a ship in a bottle',
    faults: [{ match: 'ship in a bottle', kind: 'chat', fault: { status: 400 }, times: 1 }],
    options: { onFailure: 'fail' },
  },
  cancelled: {
    topic: 'a river that forgot the sea',
    faults: [{ match: 'forgot the sea', kind: 'chat', fault: { tokensPerSecond: 20 }, times: 1 }],
    during: async (story) => {
      await seen(story, 'token');
      await story.client.cancel(story.projectId);
    },
  },
  paused: {
    topic: 'a bell that rings under water',
    faults: [{ match: 'under water', kind: 'chat', fault: { tokensPerSecond: 20 }, times: 1 }],
    during: async (story) => {
      await seen(story, 'token');
      await story.client.pause(story.projectId, { now: true });
      await reached(story, (view) => withStatus(view, 'paused'));
      await story.client.resume(story.projectId);
    },
  },
  gated: {
    topic: 'a door that opens to yesterday',
    options: { gates: ['storyboard'] },
    during: async (story) => {
      const { client, projectId } = story;
      await reached(story, ({ gates }) => gates);
      await client.reject(projectId, 'storyboard', { reason: 'too dark' });
      await reached(story, ({ gates }) => gates);
      await client.approve(projectId, 'storyboard');
    },
  },
  skipped: {
    topic: 'a tree that counts birds',
    faults: [{ kind: 'image', fault: { status: 400 }, times: 1 }],
    during: async (story) => {
      const [lane = ''] = await reached(story, (view) => withStatus(view, 'needs_attention'));
      await story.client.skip(story.projectId, lane);
      await story.client.skip(story.projectId, 'film');
    },
  },
  'lane-cancelled': {
    topic: 'a map that redraws itself',
    faults: [{ match: 'redraws itself', kind: 'chat', fault: { tokensPerSecond: 20 }, times: 1 }],
    during: async (story) => {
      await seen(story, 'token');
      await story.client.cancelLane(story.projectId, 'rewrite');
      await seen(story, 'attention');
      await story.client.retry(story.projectId, 'rewrite');
    },
  },
  /** Its end is that of a run which continues as new; the run after it is kept beside it. */
  edited: {
    topic: 'a piano that plays the rain',
    faults: [{ match: 'plays the rain', kind: 'chat', fault: { tokensPerSecond: 20 }, times: 1 }],
    during: async (story) => {
      await seen(story, 'token');
      await story.signal('edited', {});
    },
  },
  'handed-over': {
    topic: 'a kite that outgrew its string',
    faults: [{ match: 'outgrew its string', kind: 'chat', fault: { tokensPerSecond: 20 }, times: 1 }],
    during: async (story) => {
      await seen(story, 'token');
      await story.deploy();
    },
  },
};

async function seen({ client, projectId }: RecordedStory, type: string): Promise<void> {
  for await (const event of client.watch(projectId)) if (event.type === type) return;
}

/** Waits until the run has any of the expected statuses, and returns it. */
async function reached(
  { client, projectId }: RecordedStory,
  look: (view: StoryStatusView) => readonly string[],
): Promise<readonly string[]> {
  for (;;) {
    const view = await client.runStatus(projectId);
    const found = view ? look(view) : [];
    if (found.length > 0) return found;
    await sleep(LOOK_MS);
  }
}

function withStatus({ lanes }: StoryStatusView, wanted: LaneStatus): LaneId[] {
  return lanes.filter(({ status }) => status === wanted).map(({ lane }) => lane);
}
