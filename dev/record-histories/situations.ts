import type { StartOptions, StoryClient } from '../../src/client';
import type { ProjectId } from '../../src/protocol';

/** What happens to a story while its history is recorded. */
export interface Situation {
  readonly topic: string;
  /** What goes wrong at the provider, as the studio's rules. */
  readonly faults?: readonly object[];
  readonly options?: StartOptions;
  during?(story: RecordedStory): Promise<void>;
}

export interface RecordedStory {
  readonly client: StoryClient;
  readonly projectId: ProjectId;
  /** Replaces the worker by another one. */
  deploy(): Promise<void>;
}

/** By the name of the file that the history is kept in; a test demands each of the version at hand. */
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
