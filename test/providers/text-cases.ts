import type { FailureType } from '../../src/protocol';
import {
  brokenStream,
  delta,
  end,
  openStream,
  packed,
  slowly,
  stream,
  text,
  unless,
  usage,
  whole,
  type Answer,
} from './scripted-chat';

/** An answer that a real provider was publicly reported to give, and how the run ends then. */
export interface TextCase {
  readonly answers: string;
  readonly source: string;
  readonly answer: Answer;
  readonly ends: 'done' | FailureType;
  /** In the failure's words. */
  readonly says?: string;
  /** What is asked of it; the rewrite unless it is said. */
  readonly stage?: 'storyboard';
}

export const STORY =
  'Mara kept the light. One night a storm came over the bay. She caught it in a jar, and the sea lay still.';
const half = STORY.slice(0, 60);
const rest = STORY.slice(60);
const told = [text(half), text(rest)];
const finished = [...told, end()];
const message = { role: 'assistant', content: STORY };
const scene = (n: number, more: object = {}) => ({
  scene_number: n,
  narration: `Mara lit lamp ${n} and waited.`,
  visual_prompt: 'a lighthouse at night',
  shot_type: 'wide',
  duration: 3,
  ...more,
});
const board = (value: unknown) =>
  stream(text(typeof value === 'string' ? value : JSON.stringify(value)), end(), '[DONE]');
const error = (fields: object) => ({ error: fields });
const refusesParameter = (param: string, words: string) =>
  whole(400, error({ message: words, param, code: 'unsupported_parameter' }));

// prettier-ignore
export const TEXT_CASES: readonly TextCase[] = [
  { answers: 'a finish reason of its own: insufficient_system_resource', source: 'can1357/oh-my-pi#8563', answer: stream(...told, end('insufficient_system_resource')), ends: 'Stream.Cut', says: 'insufficient_system_resource' },
  { answers: 'the finish reason “error”', source: 'tetsuo-ai/agenc-core#2492', answer: stream(...told, end('error'), '[DONE]'), ends: 'Stream.Cut', says: 'error' },
  { answers: 'the finish reason “sensitive”', source: 'zhipu, in can1357/oh-my-pi#8563', answer: stream(text(half), end('sensitive')), ends: 'Provider.Refused' },
  { answers: 'no finish reason, but [DONE]', source: 'QuantumNous/new-api#696', answer: stream(...told, '[DONE]'), ends: 'done' },
  { answers: 'an empty finish reason beside finishReason', source: 'jakobdylanc/llmcord#84', answer: stream(...told, { choices: [{ delta: {}, finish_reason: '', finishReason: 'STOP' }] }), ends: 'done' },
  { answers: 'no end at all', source: 'anomalyco/opencode#43882', answer: stream(...told), ends: 'Stream.Cut' },
  { answers: '[DONE], and the socket stays open', source: 'openai/openai-node#1292', answer: openStream(...finished, '[DONE]'), ends: 'done' },
  { answers: 'a finish reason, and the socket stays open', source: 'openai/openai-node#1292', answer: openStream(...finished), ends: 'done' },
  { answers: 'a finish reason, and the connection breaks', source: 'proxies that leave out the last chunk', answer: brokenStream(...finished), ends: 'done' },
  { answers: 'a finish reason with every piece', source: 'songquanpeng/one-api, Gemini', answer: stream(text(half, 'stop'), text(rest, 'stop'), '[DONE]'), ends: 'done' },
  { answers: 'an end mark, and what cannot be read behind it', source: 'sse proxies', answer: stream(...finished, '[DONE]', '{"half'), ends: 'done' },
  { answers: 'usage without completion_tokens', source: 'vercel/ai#2763', answer: stream(...finished, usage({ prompt_tokens: 11, total_tokens: 11 }), '[DONE]'), ends: 'done' },
  { answers: 'usage of other names', source: 'MiniMax-AI/MiniMax-M2.5#2', answer: stream({ ...text(half), usage: { total_tokens: 0, total_characters: 0 } }, text(rest), end()), ends: 'done' },
  { answers: 'usage with half a token', source: 'PaddlePaddle/FastDeploy#3247', answer: stream(...finished, usage({ prompt_tokens: null, completion_tokens: 12.5 })), ends: 'done' },
  { answers: 'a whole answer where a stream was asked for', source: 'tinyhumansai/tinyagents#56', answer: whole(200, { choices: [{ message, finish_reason: 'stop' }], usage: { prompt_tokens: 3, completion_tokens: 9 } }), ends: 'done' },
  { answers: 'an error with 200', source: 'lmstudio-ai/lmstudio-bug-tracker#618', answer: whole(200, { error: 'Unexpected endpoint or method. (POST /chat/completions)' }), ends: 'Provider.NotFound', says: 'Unexpected endpoint' },
  { answers: 'a web page', source: 'songquanpeng/one-api#1473', answer: whole(200, '<!doctype html><html><head><title>One API</title></head></html>'), ends: 'Provider.NotFound', says: 'base URL' },
  { answers: 'packed bytes', source: 'ordinary reverse proxies', answer: packed(...finished, '[DONE]'), ends: 'done' },
  { answers: 'content as a list, thoughts among it', source: 'n8n-io/n8n#37352', answer: stream(text([{ type: 'thinking', thinking: [{ type: 'text', text: 'plan' }] }]), text([{ type: 'text', text: half }]), text(rest), end()), ends: 'done' },
  { answers: 'a chunk that is null', source: 'earendil-works/pi#2466', answer: stream(text(half), 'null', text(rest), end()), ends: 'done' },
  { answers: 'thoughts in reasoning_content, for long', source: 'mezmo/aura#62', answer: slowly(`data: ${JSON.stringify(delta({ content: null, reasoning_content: 'hm ' }))}\n\n`, 15, ...finished), ends: 'done' },
  { answers: 'thoughts without end', source: 'NousResearch/hermes-agent#29796', answer: stream(...Array.from({ length: 400 }, () => delta({ reasoning: 'and then again ' })), ...finished), ends: 'Output.TooLong', says: 'thought' },
  { answers: 'keep-alive comments, for long', source: 'DeepSeek’s documentation', answer: slowly(': keep-alive\n\n', 15, ...finished), ends: 'done' },
  { answers: 'a <think> block, cut anywhere', source: 'deeplethe/utopia#690', answer: stream(text('<th'), text('ink>\nThey want 200 words.\n</thi'), text('nk>\n\n'), ...finished), ends: 'done' },
  { answers: 'thoughts that are only closed', source: 'deeplethe/utopia#690', answer: stream(text('They want 200 words.'), text('\n</think>\n\n'), ...finished), ends: 'done' },
  { answers: 'no answer, because thoughts took the limit', source: 'covan-ai/covan#112', answer: (response, call) => (Number(call.body['max_tokens'] ?? call.body['max_completion_tokens']) > 5_000 ? stream(...finished) : stream(delta({ reasoning_content: 'hm '.repeat(100) }), end('length'), usage({ prompt_tokens: 9, completion_tokens: 2_000, completion_tokens_details: { reasoning_tokens: 2_000 } })))(response, call), ends: 'done' },
  { answers: 'the whole answer as thoughts', source: 'vllm-project/vllm#19222', answer: stream(delta({ content: null, reasoning_content: STORY }), end(), '[DONE]'), ends: 'Output.Unusable', says: 'as thoughts' },
  { answers: 'a text that was cut in a word', source: 'vectorize-io/hindsight#3365', answer: stream(text('Once upon a ti'), end('length')), ends: 'Output.Unusable', says: 'cut off' },
  { answers: '400 to max_tokens', source: 'anomalyco/opencode#37964', answer: unless((body) => (body['max_tokens'] === undefined ? undefined : refusesParameter('max_tokens', "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.")), stream(...finished)), ends: 'done' },
  { answers: '400 to temperature', source: 'decolua/9router#560', answer: unless((body) => (body['temperature'] === undefined ? undefined : refusesParameter('temperature', "Unsupported value: 'temperature' does not support 0.8 with this model. Only the default (1) value is supported.")), stream(...finished)), ends: 'done' },
  { answers: '422 to stream_options', source: 'Mistral, in yazinsai/OpenOats#319', answer: unless((body) => (body['stream_options'] === undefined ? undefined : whole(422, { detail: [{ type: 'extra_forbidden', loc: ['body', 'stream_options'], msg: 'Extra inputs are not permitted' }] })), stream(...finished)), ends: 'done' },
  { answers: '400 to response_format', source: 'HBAI-Ltd/Toonflow-app#29', answer: unless((body) => (body['response_format'] === undefined ? undefined : whole(400, error({ message: 'The parameter response_format.type json_schema is not supported by this model' }))), board({ scenes: [scene(1), scene(2)] })), ends: 'done', stage: 'storyboard' },
  { answers: '402 Insufficient Balance', source: 'harry0703/MoneyPrinterTurbo#1055', answer: whole(402, error({ message: 'Insufficient Balance', type: 'unknown_error', param: null, code: 'invalid_request_error' })), ends: 'Provider.QuotaExhausted' },
  { answers: '403 insufficient_user_quota', source: 'popjane/free_chatgpt_api#76', answer: whole(403, error({ message: 'user quota is not enough', type: 'v_api_error', param: '', code: 'insufficient_user_quota' })), ends: 'Provider.QuotaExhausted' },
  { answers: '429 with the type insufficient_quota', source: 'enricoros/big-AGI#104', answer: whole(429, error({ message: 'You exceeded your current quota', type: 'insufficient_quota', code: null })), ends: 'Provider.QuotaExhausted' },
  { answers: '429 that calls the requests of a minute a quota', source: 'Gemini’s documentation', answer: (response, call) => (call.before > 0 ? stream(...finished) : whole(429, [error({ code: 429, message: 'You exceeded your current quota, please check your plan and billing details. Please retry in 0.2s.', status: 'RESOURCE_EXHAUSTED' })]))(response, call), ends: 'done' },
  { answers: 'no balance, with 200 and base_resp', source: 'MiniMax’s documentation', answer: stream({ choices: null, base_resp: { status_code: 1008, status_msg: 'insufficient balance' } }), ends: 'Provider.QuotaExhausted' },
  { answers: 'an error of 400 within a stream', source: 'ggml-org/llama.cpp#14566', answer: stream(error({ type: 'BadRequestError', code: 400, message: 'the input is longer than the context' })), ends: 'Provider.BadRequest', says: 'context' },
  { answers: 'an error in a field of its own', source: 'ggml-org/llama.cpp#14566', answer: (response) => void response.writeHead(200, { 'content-type': 'text/event-stream' }).end('error: {"code":400,"message":"the request exceeds the context","type":"exceed_context_size_error"}\n\n'), ends: 'Provider.BadRequest', says: 'context' },
  { answers: 'an error in a word within a stream', source: 'fox1245/NeoGraph#124', answer: stream(text(half), error('STREAM_EXPLODED' as unknown as object)), ends: 'Provider.Unavailable', says: 'STREAM_EXPLODED' },
  { answers: 'a streamed refusal', source: 'langchain-ai/langchain#39747', answer: stream(delta({ refusal: 'I must ' }), delta({ refusal: 'decline this.' }), end()), ends: 'Provider.Refused', says: 'I must decline this.' },
  { answers: 'a refusal as text', source: 'guardrails-ai/guardrails#1189', answer: stream(text("I'm sorry, but I can't help with that request."), end()), ends: 'Output.Unusable', says: 'declines' },
  { answers: 'one sentence 250 times', source: 'QwenLM/qwen-code#1403', answer: stream(text('The sea was calm and the light was on. '.repeat(250)), end()), ends: 'Output.Unusable', says: 'again and again' },
  { answers: 'a label and an offer', source: 'speech-to-speech#338', answer: stream(text(`**Narrator:** ${STORY}`), end()), ends: 'Output.Unusable', says: 'Narrator' },
  { answers: 'another script than the topic’s', source: 'harry0703/MoneyPrinterTurbo#52', answer: stream(text('灯塔守护人每天擦亮灯。一天夜里,风暴来了。她把风暴装进瓶子,大海安静了。'), end()), ends: 'Output.Unusable', says: 'script' },
  { answers: 'a text without end, whatever was ordered', source: 'mudler/LocalAI#9716', answer: stream(...Array.from({ length: 3_000 }, (_, i) => text(`Sentence ${i} goes on and on. `)), end()), ends: 'Output.TooLong', says: 'longer' },
  { answers: 'one line of 8 MB', source: 'a server that forgets line ends', answer: stream(text('x'.repeat(8_000_000)), end()), ends: 'Output.TooLong' },
  { answers: 'a bare list of scenes', source: 'ddcat-ai/open-ai-canvas#376', answer: board([scene(1), scene(2)]), ends: 'done', stage: 'storyboard' },
  { answers: 'scenes in a wrapper, numbered from 0, for “5s”', source: 'waooAI/waoowaoo#136', answer: board({ storyboard: { scenes: [scene(0, { duration: '5s' }), scene(1, { duration: null, shot_type: null })] } }), ends: 'done', stage: 'storyboard' },
  { answers: 'another value before the storyboard', source: 'ddcat-ai/open-ai-canvas#376', answer: board(`{"characters":["Mo"]}\n${JSON.stringify({ scenes: [scene(1), scene(2)] })}`), ends: 'done', stage: 'storyboard' },
  { answers: 'a form in the thoughts before the storyboard', source: 'deeplethe/utopia#690', answer: board(`<think>Form: {"scenes":[…]}</think>${JSON.stringify({ scenes: [scene(1), scene(2)] })}`), ends: 'done', stage: 'storyboard' },
  { answers: 'one scene where two were asked for', source: 'Lamatic/AgentKit#393', answer: board({ scenes: [scene(1)] }), ends: 'Output.Unusable', says: 'exactly 2', stage: 'storyboard' },
  { answers: '90 scenes of 60 seconds', source: 'benjiyaya/Calliope#64', answer: board({ scenes: Array.from({ length: 30 }, (_, i) => ({ ...scene(i + 1), narration: 'So.', visual_prompt: 'x', duration: 60 })) }), ends: 'Output.Unusable', says: 'exactly 2', stage: 'storyboard' },
];
