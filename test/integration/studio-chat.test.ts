import OpenAI from 'openai';
import { movements, shotTypes } from '../../dev/studio';
import { post, readStream, StudioUnderTest } from './studio-support';

let studio: StudioUnderTest;
beforeAll(async () => (studio = await StudioUnderTest.start()));
afterAll(() => studio.stop());

interface Message {
  role: string;
  content: string;
}
const ask = (messages: Message[], more: object = {}): Promise<Response> =>
  post(`${studio.url}/chat/completions`, { model: 'studio-writer', messages, ...more });

const whole = async (messages: Message[], more: object = {}): Promise<string> => {
  const answer = (await (await ask(messages, more)).json()) as { choices: [{ message: { content: string } }] };
  return answer.choices[0].message.content;
};
const story = (topic: string): Message[] => [
  { role: 'user', content: `Rewrite the topic as a short story.\nTopic: ${topic}` },
];
const schema = (name: string): object => ({
  response_format: { type: 'json_schema', json_schema: { name, schema: {} } },
});

test('a stream carries the text of the whole answer, one token a chunk, and ends with usage and DONE', async () => {
  const messages = story('a lighthouse keeper who collects storms');
  const streamed = await readStream(await ask(messages, { stream: true, stream_options: { include_usage: true } }));
  expect(streamed.text).toBe(await whole(messages));
  expect(streamed).toMatchObject({ finish: 'stop', done: true, broken: false });
  expect(streamed.usage?.completion_tokens).toBe(streamed.tokens.length);
  expect(streamed.tokens.length).toBeGreaterThan(150);
});

test('the openai package understands the stream', async () => {
  const client = new OpenAI({ baseURL: studio.url, apiKey: 'any', maxRetries: 0 });
  const messages = [{ role: 'user' as const, content: 'Tell a story about a fox and the moon' }];
  const stream = await client.chat.completions.create({ model: 'studio-writer', messages, stream: true });
  let text = '';
  for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? '';
  expect(text).toBe(await whole(messages));
  expect((await client.models.list()).data.length).toBeGreaterThan(0);
});

test('a story has 150 to 300 words and is about its topic, and other topics give other stories', async () => {
  const [storms, bees] = await Promise.all([
    whole(story('a lighthouse keeper who collects storms')),
    whole(story('How bees learned to dance')),
  ]);
  expect(storms).toMatch(/lighthouse keeper/);
  expect(storms).toMatch(/storms/);
  expect(bees).toMatch(/how bees learned to dance/);
  for (const text of [storms, bees]) {
    expect(text.split(/\s+/).length).toBeGreaterThanOrEqual(150);
    expect(text.split(/\s+/).length).toBeLessThanOrEqual(300);
  }
});

test('a Chinese topic is answered in Chinese and streamed in tokens of one or two characters', async () => {
  const { text, tokens } = await readStream(
    await ask([{ role: 'user', content: '请把下面的主题改写成一个短篇故事。\n主题:一个收集风暴的灯塔看守人' }], {
      stream: true,
    }),
  );
  expect(text).toMatch(/灯塔看守人/);
  expect(text).not.toMatch(/[A-Za-z]/);
  expect(Math.max(...tokens.map((token) => token.length))).toBeLessThanOrEqual(2);
});

test('an emoji of the topic is in the story as one token', async () => {
  const { tokens } = await readStream(await ask(story('a robot in love 👩‍🚀🤖'), { stream: true }));
  expect(tokens).toEqual(expect.arrayContaining(['👩‍🚀', '🤖']));
});

test.each([
  ['a story', 'a robot in love 🤖', {}],
  ['a Chinese story', '一个收集风暴的灯塔看守人', {}],
  ['a storyboard', 'the last train to Mars', schema('storyboard')],
])('%s that was begun is continued byte for byte from every place', async (_, topic, more) => {
  const messages = story(topic);
  const full = await whole(messages, more);
  const places = Array.from({ length: 12 }, (_, index) =>
    [...full].slice(0, Math.floor((index * [...full].length) / 11)).join(''),
  );
  const rests = await Promise.all(places.map((content) => whole([...messages, { role: 'assistant', content }], more)));
  expect(rests.map((rest, index) => places[index] + rest)).toEqual(places.map(() => full));
});

test('a beginning that another model wrote is continued without repeating it', async () => {
  const messages = story('a lighthouse keeper who collects storms');
  const rest = await whole([...messages, { role: 'assistant', content: 'It was a dark night.' }]);
  expect((await whole(messages)).endsWith(rest.trimStart())).toBe(true);
});

test('a storyboard has exactly the scenes that were asked for and carries the words of the story', async () => {
  const text = await whole(story('a fox who sells lanterns'));
  const content = `Draw up a storyboard of exactly 7 scenes.\n\nStory:\n${text}`;
  const { scenes } = JSON.parse(await whole([{ role: 'user', content }], schema('storyboard'))) as {
    scenes: { scene_number: number; narration: string; visual_prompt: string; shot_type: string; duration: number }[];
  };
  expect(scenes.map((scene) => scene.scene_number)).toEqual([1, 2, 3, 4, 5, 6, 7]);
  const words = (all: string): string => all.replace(/\s+/g, '');
  expect(words(scenes.map((scene) => scene.narration).join(''))).toBe(words(text));
  for (const { shot_type, duration } of scenes) {
    expect(shotTypes).toContain(shot_type);
    expect(duration * 2).toBe(Math.round(duration * 2));
    expect(duration).toBeGreaterThanOrEqual(2);
    expect(duration).toBeLessThanOrEqual(4);
  }
});

test('scenes that follow each other get different camera movements', async () => {
  const moves = await Promise.all(
    [1, 2, 3, 4, 5].map(async (scene) => {
      const content = `Choose a camera movement for scene ${scene} of 5: a boat in the storm.`;
      return (JSON.parse(await whole([{ role: 'user', content }], schema('camera_movement'))) as { movement: string })
        .movement;
    }),
  );
  for (const movement of moves) expect(movements).toContain(movement);
  expect(new Set(moves).size).toBe(5);
});

test('the same request is answered with the same bytes, another seed with another story', async () => {
  const text = async (seed: number): Promise<string> => (await ask(story('a glass garden'), { seed })).text();
  expect(await text(1)).toBe(await text(1));
  expect(await text(1)).not.toBe(await text(2));
});

test('max_tokens ends the answer with finish_reason length', async () => {
  const streamed = await readStream(await ask(story('a fox'), { stream: true, max_tokens: 9 }));
  expect(streamed).toMatchObject({ finish: 'length', done: true });
  expect(streamed.tokens).toHaveLength(9);
});

test('a request that is not JSON or lacks messages is refused with 400 in OpenAI’s shape', async () => {
  const broken = await fetch(`${studio.url}/chat/completions`, { method: 'POST', body: '{' });
  const empty = await post(`${studio.url}/chat/completions`, { model: 'studio-writer' });
  for (const answer of [broken, empty]) {
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ error: { type: 'invalid_request_error' } });
  }
});
