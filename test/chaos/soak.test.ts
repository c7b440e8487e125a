import type { Fault } from '../../dev/studio';
import type { LaneId, StoryEvent } from '../../src/protocol';
import { startApp, type TestApp } from '../support/services';
import { ownTopic, sha256, startAndWatch, textSeen } from '../support/stories';
import { StudioControl } from '../support/studio-control';
import { diceFor, SEED } from './dice';

const FILMS = 24;
const AT_ONCE = 3;

/** What a provider does now and then, and what a lane gets over by itself. */
const MISHAPS: readonly (readonly ['chat' | 'image' | 'video_submit' | 'video_poll', Fault] | undefined)[] = [
  undefined,
  ['chat', { cut: 30 }],
  ['chat', { status: 500 }],
  ['chat', { no_finish: 25 }],
  ['chat', { utf8_split: true }],
  ['image', { status: 503 }],
  ['image', { cut: 1 }],
  ['video_submit', { cut: 1 }],
  ['video_poll', { status: 502 }],
];

describe('Film after film, at a provider that has its mishaps,', () => {
  const studio = new StudioControl();
  let app: TestApp;

  beforeAll(async () => void (app = await startApp({ STORYREEL_TEXT_CONTINUATION: 'prefill' })));
  afterAll(() => app.close());

  test('every one ends as a film, and its viewer holds the very text', async () => {
    const dice = diceFor('soak');
    const plan = Array.from({ length: FILMS }, (_, film) => ({
      film,
      scenes: dice.whole(1, 4),
      mishap: MISHAPS[dice.whole(0, MISHAPS.length - 1)],
    }));
    const wrong: string[] = [];
    await Promise.all(
      Array.from({ length: AT_ONCE }, async () => {
        for (let next = plan.shift(); next; next = plan.shift()) {
          const found = await faultsOf(next).catch((error: Error) => error.message);
          if (found) wrong.push(`seed ${SEED}, film ${JSON.stringify(next)}: ${found}`);
        }
      }),
    );
    expect(wrong.join('\n')).toBe('');
  });

  async function faultsOf({ scenes, mishap }: { scenes: number; mishap: (typeof MISHAPS)[number] }): Promise<string> {
    const { topic, mark } = ownTopic();
    if (mishap) await studio.misbehave(mark, ...mishap);
    const projectId = await app.client.create({ topic, settings: { scenes } });
    const events = await startAndWatch(app.client, projectId);
    if (events.at(-1)?.type !== 'pipeline_done') return `ended with ${JSON.stringify(events.at(-1))}`;
    const { film } = await app.client.status(projectId);
    if (film?.scenes !== scenes) return `a film of ${film?.scenes} scenes`;
    return ['rewrite', 'storyboard'].filter((lane) => !isWhole(events, lane as LaneId)).join(', ');
  }
});

function isWhole(events: readonly StoryEvent[], lane: LaneId): boolean {
  const done = events.findLast((event) => event.type === 'done' && event.lane === lane);
  return done?.type === 'done' && done.metadata.sha256 === sha256(textSeen(events, lane));
}
