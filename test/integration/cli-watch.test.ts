import { followStory } from '../../src/cli/follow-story';
import { EXIT_CODES } from '../../src/cli/exit-codes';
import { JsonRenderer, LiveRenderer, PlainRenderer, type Renderer } from '../../src/cli/render';
import { readConfig } from '../../src/config';
import type { StoryEvent } from '../../src/protocol';
import { recordedScreen } from '../support/command-line';
import { testEnv } from '../support/services';
import { until } from '../support/until';
import { WatchedServices, type WatchedProject } from './watched-project';

const STORY = 'A fox ran over the hill. '.repeat(50);

describe('The command line, watching a project', () => {
  let services: WatchedServices;
  beforeAll(async () => void (services = await WatchedServices.start()));
  afterAll(() => services.close());

  /** Follows a project while `run` makes it, and gives what was printed and the exit code. */
  async function follow(make: typeof rendering, run: (project: WatchedProject) => Promise<void>) {
    const project = await services.begunProject();
    const { screen, said, renderer } = make();
    const config = readConfig(testEnv({ REDIS_URL: services.redis.url }));
    const { signal } = new AbortController();
    const following = followStory({ client: services.client, config }, project.id, renderer, {
      stopWhenParked: true,
      signal,
    });
    await until('the snapshot', () => screen.text !== '');
    await run(project);
    await project.end();
    return { ...(await following), text: screen.text, said };
  }

  function rendering(
    kind: (screen: ReturnType<typeof recordedScreen>, note: (line: string) => void) => Renderer = (screen, say) =>
      new PlainRenderer(screen, say),
  ) {
    const screen = recordedScreen();
    const said: string[] = [];
    return { screen, said, renderer: kind(screen, (line) => void said.push(line)) };
  }
  const live = () => rendering((screen) => new LiveRenderer(screen));
  const json = () => rendering((screen, say) => new JsonRenderer(screen, say));

  async function right(project: WatchedProject): Promise<void> {
    await project.write(STORY.slice(0, 300), STORY.slice(300));
    await project.settle();
  }

  async function wrong(project: WatchedProject): Promise<void> {
    await project.write('A cat ran.');
    await project.settle('A fox ran.');
  }

  test.each([
    ['as lines', rendering],
    ['live', live],
  ])('shows of each text that it is verified: %s', async (_, make) => {
    const { text, code } = await follow(make, right);
    expect(text).toContain('✓ rewrite: 1,250 bytes, verified');
    expect(code).toBe(EXIT_CODES.ok.code);
  });

  test.each([
    ['as lines', rendering],
    ['live', live],
  ])('states loudly where it is another, shows the right one, and ends with a code of its own: %s', async (_, make) => {
    const { text, said, outcome, code } = await follow(make, wrong);
    expect(text).toMatch(/✗ rewrite: MISMATCH[^]*A fox ran\.|A fox ran\.[^]*MISMATCH/);
    expect(text + said.join('\n')).toContain('Stream.Mismatch: a text of rewrite was shown that is not the one');
    expect({ outcome, code }).toEqual({ outcome: 'completed', code: 5 });
  });

  test('as JSON, has the field and nothing else', async () => {
    const eventsOf = (text: string) =>
      text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as StoryEvent);
    const good = await follow(json, right);
    expect(eventsOf(good.text).find(({ type }) => type === 'done')).toMatchObject({ verified: true });
    const bad = await follow(json, wrong);
    expect(eventsOf(bad.text).find(({ type }) => type === 'done')).toMatchObject({ verified: false });
    expect(bad.said).toEqual([expect.stringContaining('Stream.Mismatch')]);
    expect([good.code, bad.code]).toEqual([0, 5]);
  });
});
