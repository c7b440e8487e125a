import { firstColumn } from '../architecture/markdown';
import { projectFile } from '../architecture/project-files';
import type { ProjectId } from '../../src/protocol';
import { startApp, type TestApp } from '../support/services';
import { ownTopic } from '../support/stories';
import { until } from '../support/until';
import { end, startScriptedChat, stream, text, type Answer } from './scripted-chat';
import { STORY, TEXT_CASES, type TextCase } from './text-cases';

const MAX_PAID = 3;

/** A case with a topic of its own; the story has its mark, so that the storyboard is asked for with it as well. */
function begunCase(own: TextCase) {
  const { topic, mark } = ownTopic();
  const story = `Then ${mark} lit the lamp. One night a storm came over the bay, and the sea lay still.`;
  const answer: Answer = (response, call) =>
    (own.stage && call.before === 0 ? stream(text(story), end()) : own.answer)(response, call);
  return { ...own, topic, mark, answer, stage: own.stage ?? 'rewrite' };
}

describe('What real providers answer to a text', () => {
  const cases = TEXT_CASES.map(begunCase);
  const projects = new Map<string, ProjectId>();
  let provider: Awaited<ReturnType<typeof startScriptedChat>>;
  let app: TestApp;

  beforeAll(async () => {
    provider = await startScriptedChat(new Map(cases.map(({ mark, answer }) => [mark, answer])));
    // Less than is waited for behind an end: a connection that stays open then takes nothing from the answer.
    const INTER_CHUNK_TIMEOUT_MS = '1400';
    app = await startApp({ OPENAI_BASE_URL: provider.url, MAX_THOUGHT_BYTES: '4000', INTER_CHUNK_TIMEOUT_MS });
    for (const { topic, mark, stage } of cases) {
      const projectId = await app.client.create({ topic, settings: { scenes: 2 } });
      await app.client.start(projectId, { stages: stage === 'rewrite' ? ['rewrite'] : ['rewrite', 'storyboard'] });
      projects.set(mark, projectId);
    }
  });
  afterAll(async () => {
    await app.close();
    provider.close();
  });

  test.each(cases.map((each) => [each.answers, each] as const))('%s', async (_answers, { ends, says, stage, mark }) => {
    const lane = await until('the end of the lane', async () => {
      const { lanes } = await app.client.status(projects.get(mark) as ProjectId);
      return lanes.find((each) => each.lane === stage && ['completed', 'needs_attention'].includes(each.status));
    });
    expect(lane.error?.type ?? 'done').toBe(ends);
    if (ends === 'done' && stage === 'rewrite') {
      // Not a letter of what the model thought.
      expect((await app.client.editable(projects.get(mark) as ProjectId)).rewrite).toBe(STORY);
    }
    if (says) expect(lane.error?.message).toContain(says);
    expect(provider.taken(mark) - (stage === 'rewrite' ? 0 : 1)).toBeLessThanOrEqual(MAX_PAID);
  });
});

test('Every case is in docs/providers.md, and no other', () => {
  expect(firstColumn(projectFile('docs/providers.md'), 'Answer')).toEqual(TEXT_CASES.map(({ answers }) => answers));
});
