import { startLocalModel, type LocalModel } from '../../dev/stack';
import { identify } from '../../dev/stack/process-identity';
import { cleanEnv, kill9, newStateDir, noneAlive, removeStateDirs, startOwner } from '../support/stack-fixture';
import { until } from '../support/until';

let model: LocalModel;

beforeAll(async () => {
  model = await startLocalModel({ stateDir: newStateDir(), env: cleanEnv(), report: () => undefined });
});

afterAll(async () => {
  await model.stop();
  removeStateDirs();
});

interface Answer {
  choices: { message: { content: string } }[];
}

interface Chunk {
  choices: { delta: { content?: string | null }; finish_reason: string | null }[];
}

function ask(body: object): Promise<Response> {
  const fixed = { model: model.model, temperature: 0, seed: 1, max_tokens: 120 };
  return fetch(`${model.baseUrl}/chat/completions`, { method: 'POST', body: JSON.stringify({ ...fixed, ...body }) });
}

async function streamed(body: object): Promise<{ text: string; finish: string | undefined }> {
  const lines = (await (await ask({ ...body, stream: true })).text())
    .split('\n')
    .filter((line) => line.startsWith('data: {'));
  const chunks = lines.map((line) => JSON.parse(line.slice('data: '.length)) as Chunk);
  return {
    text: chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join(''),
    finish: chunks.flatMap(({ choices }) => choices[0]?.finish_reason ?? []).at(-1),
  };
}

it('streams a text that ends with a reason', async () => {
  const { text, finish } = await streamed({
    messages: [{ role: 'user', content: 'Write one sentence about a lighthouse.' }],
  });
  expect(text.length).toBeGreaterThan(10);
  expect(finish).toMatch(/^(stop|length)$/);
});

it('keeps to a JSON schema', async () => {
  const schema = {
    type: 'object',
    properties: { shot_type: { type: 'string', enum: ['wide', 'close_up'] } },
    required: ['shot_type'],
    additionalProperties: false,
  };
  const response = await ask({
    messages: [{ role: 'user', content: 'Choose a shot as JSON.' }],
    response_format: { type: 'json_schema', json_schema: { name: 'shot', strict: true, schema } },
  });
  const { choices } = (await response.json()) as Answer;
  expect(['wide', 'close_up']).toContain(
    (JSON.parse(choices[0]?.message.content ?? '') as { shot_type: string }).shot_type,
  );
});

it('continues from a prefilled answer without repeating it', async () => {
  const { text } = await streamed({
    messages: [
      { role: 'user', content: 'Say: The keeper collects storms in glass jars.' },
      { role: 'assistant', content: 'The keeper collects storms in' },
    ],
    max_tokens: 8,
  });
  expect(text).toMatch(/^ glass jars/);
});

it('ends when its owner is killed with -9', async () => {
  const stateDir = newStateDir();
  const body = `const { pid } = await stack.startLocalModel({ stateDir, env, report: () => {} }); say({ pid });`;
  const { child, said } = await startOwner(stateDir, cleanEnv(), body);
  const identity = identify((said as { pid: number }).pid);
  if (!identity) throw new Error('the model does not run');

  await kill9(child);

  await until('the model ended', () => noneAlive([identity]));
});
