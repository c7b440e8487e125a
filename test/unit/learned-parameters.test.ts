import OpenAI from 'openai';
import { LearnedParameters, renamed, without, type Body } from '../../src/providers/learned-parameters';

const remedies = {
  max_tokens: { learn: () => renamed('max_completion_tokens') },
  temperature: without(),
  response_format: without(/schema/),
};

function refusal(message: string, param?: string, status = 400): Error {
  return OpenAI.APIError.generate(status, { error: { message, param } }, undefined, new Headers());
}

let models = 0;

/** Asks a server that refuses a body as `check` says; gives each body that was sent, and what was said. */
async function ask(learned: LearnedParameters, body: Body, check: (body: Body) => Error | undefined) {
  const sent: Body[] = [];
  const said: string[] = [];
  const result = await learned
    .ask({
      body,
      remedies,
      onNotice: (words) => void said.push(words),
      send: (each) => {
        sent.push(each);
        const error = check(each);
        return error ? Promise.reject(error) : Promise.resolve('taken');
      },
    })
    .catch((error: unknown) => error);
  return { result, sent, said };
}

describe('A parameter that a server refuses', () => {
  const body = { model: 'm', max_tokens: 5, temperature: 0.8, response_format: { type: 'json_schema' } };
  const fresh = () => new LearnedParameters('m', `http://server-${models++}`);

  const check = (each: Body) =>
    each['max_tokens'] !== undefined
      ? refusal("Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.", 'max_tokens')
      : each['temperature'] !== undefined
        ? refusal("'temperature' does not support 0.8 with this model.")
        : undefined;

  test('is learned once for each provider and model, and stated once', async () => {
    const learned = fresh();
    const first = await ask(learned, body, check);
    expect(first.result).toBe('taken');
    expect(first.sent).toHaveLength(3);
    expect(first.said).toEqual([
      'm does not take max_tokens as it was sent: it is asked with max_completion_tokens in its place from now on.',
      'm does not take temperature as it was sent: it is asked without it from now on.',
    ]);
    const second = await ask(learned, body, check);
    expect(second.sent).toEqual([{ model: 'm', max_completion_tokens: 5, response_format: { type: 'json_schema' } }]);
    expect(second.said).toEqual([]);
  });

  test('is learned once by lanes that ask at the same time', async () => {
    const learned = fresh();
    const said = (await Promise.all([1, 2, 3].map(() => ask(learned, body, check)))).map((each) => each.said.length);
    expect(said.reduce((sum, each) => sum + each)).toBe(2);
  });

  test('is known by a path within it and by the other names of it', async () => {
    const refuse = (each: Body) =>
      each['response_format'] ? refusal('bad', 'response_format.json_schema.schema', 422) : undefined;
    expect((await ask(fresh(), body, refuse)).sent).toHaveLength(2);
    const google = (each: Body) =>
      each['response_format'] ? refusal("Invalid value at 'generation_config.response_schema': 2") : undefined;
    expect((await ask(fresh(), body, google)).sent).toHaveLength(2);
  });

  test('is forgotten where the request is refused without it as well', async () => {
    const learned = fresh();
    const quoting = () => refusal('the prompt “write of the temperature” is too long');
    const first = await ask(learned, body, quoting);
    expect(first.result).toBeInstanceOf(OpenAI.BadRequestError);
    expect(first.said).toEqual([]);
    expect((await ask(learned, body, () => undefined)).sent).toEqual([body]);
  });

  test.each([
    ['another status', refusal("'temperature' is wrong", 'temperature', 500)],
    ['no parameter of ours', refusal('the model is gone', 'model')],
  ])('is none with %s', async (_what, error) => {
    const { result, sent } = await ask(fresh(), body, () => error);
    expect(result).toBe(error);
    expect(sent).toHaveLength(1);
  });

  test('is not looked for once the server has taken the request', async () => {
    const learned = fresh();
    const sent: Body[] = [];
    const late = refusal('temperature', 'temperature');
    const asking = learned.ask({
      body,
      remedies,
      send: (each, accepted) => {
        sent.push(each);
        accepted();
        return Promise.reject(late);
      },
    });
    await expect(asking).rejects.toBe(late);
    expect(sent).toHaveLength(1);
  });
});
