import { isFields, parsedAnswer, valuesAt, type Fields } from './answer-fields';

/** Reads a piece, or a whole answer, as choices; undefined if it is not of this form. */
type Read = (data: Fields) => readonly Fields[] | undefined;

const text = (content: unknown): readonly Fields[] => [{ delta: { content } }];
const thought = (reasoning: unknown): readonly Fields[] => [{ delta: { reasoning } }];
/** Services that give no word for the end do not state that nothing was cut. */
const ended = (word: unknown, more: Fields = {}): readonly Fields[] => [{ ...more, finish_reason: word ?? 'unstated' }];
const at = (data: unknown, path: string) => valuesAt(data, path)[0];

/** By the name of the event, or the member `type`, `event_type` or `event`. */
const BY_TYPE: ReadonlyMap<unknown, Read> = new Map<unknown, Read>([
  // OpenAI’s Responses and Assistants.
  ['response.output_text.delta', ({ delta }) => text(delta)],
  ['response.reasoning_text.delta', ({ delta }) => thought(delta)],
  ['response.reasoning_summary_text.delta', ({ delta }) => thought(delta)],
  ['response.refusal.delta', ({ delta }) => [{ delta: { refusal: delta } }]],
  ['response.completed', ({ response }) => ended(reasonOf(response))],
  ['response.incomplete', ({ response }) => ended(reasonOf(response) ?? 'incomplete')],
  ['thread.message.delta', ({ delta }) => [{ delta }]],
  ['thread.message.completed', (message) => [{ message }]],
  ['thread.run.completed', () => ended('completed')],
  // Anthropic.
  ['content_block_delta', ({ delta }) => [{ delta }]],
  ['message_delta', ({ delta }) => [{ delta }]],
  ['message', (data) => ('content' in data ? [{ ...data, delta: { content: data['content'] } }] : undefined)],
  ['message_stop', () => ended(undefined)],
  // Cohere, in its second and first version.
  ['content-delta', ({ delta }) => text(at(delta, 'message.content'))],
  ['message-end', ({ delta }) => [{ ...(isFields(delta) && delta), usage: at(delta, 'usage.tokens') }]],
  ['text-generation', ({ text: words }) => text(words)],
  ['stream-end', ({ finish_reason: word }) => ended(word)],
  // Gemini’s interactions.
  ['step.delta', ({ delta }) => (at(delta, 'type') === 'text' ? text(at(delta, 'text')) : thought(delta))],
  ['interaction.completed', ({ interaction: all }) => ended(at(all, 'status'), { usage: at(all, 'usage') })],
  // Vercel’s AI SDK.
  ['text-delta', ({ delta, textDelta }) => text(delta ?? textDelta)],
  ['reasoning-delta', ({ delta }) => thought(delta)],
  ['finish', ({ finishReason, usage }) => ended(finishReason, { usage })],
  ['abort', () => ended('abort')],
  // LM Studio.
  ['message.delta', ({ content }) => text(content)],
  ['reasoning.delta', ({ content }) => thought(content)],
  ['chat.end', () => ended(undefined)],
  // Dify and Coze.
  ['agent_message', ({ answer }) => text(answer)],
  // A moderator replaces the whole answer.
  ['message_replace', () => ended('content_filter')],
  ['message_end', () => ended(undefined)],
  ['conversation.message.delta', ({ type, content }) => (type === 'answer' ? text(content) : [])],
  ['conversation.message.completed', (message) => (message['type'] === 'answer' ? [{ message }] : [])],
  ['conversation.chat.completed', () => ended(undefined)],
  // Replicate, and others that state no more.
  ['done', ({ reason }) => ended(reason)],
]);

/** Types of the same services that add nothing to the text. */
const SILENT =
  /^(?:ping|start|(?:message|content|text|reasoning|stream|step|chat|prompt_processing|model_load|workflow|node)[-_.](?:\w{1,20}[-_.])?(?:start|started|end|stop|finished|progress)|(?:start|finish)-step|response\.(?:created|queued|in_progress|output_\w+\.\w+|content_part\.\w+)|interaction\.\w+|citation-\w+|tool-\w+|conversation\.\w+\.\w+|thread\.[\w.]+|chat\.completion\.chunk)$/;

/** By a member that only this form has. The first one that fits decides. */
const BY_MEMBER: readonly (readonly [name: string, read: Read])[] = [
  // Gemini.
  ['promptFeedback', (data) => (at(data, 'promptFeedback.blockReason') ? ended('blocked') : undefined)],
  [
    'candidates',
    ({ candidates }) => listOf(candidates)?.map((each) => ({ ...each, delta: { content: at(each, 'content.parts') } })),
  ],
  // A whole response of OpenAI.
  ['object', (data) => (data['object'] === 'response' ? wholeResponse(data) : undefined)],
  // Ollama and Cohere, each with its message.
  ['message', ofMessage],
  // Text Generation Inference.
  ['token', (data) => (isFields(data['token']) ? ofToken(data, data['token']) : undefined)],
  ['generated_text', ({ generated_text: words, details }) => wholeText(words, at(details, 'finish_reason'))],
  // Cloudflare, and Ollama without messages.
  [
    'response',
    (data) => (typeof data['response'] === 'string' ? ofOllama({ content: data['response'] }, data) : undefined),
  ],
  // llama.cpp.
  ['stop', (data) => (typeof data['content'] === 'string' ? ofLlama(data) : undefined)],
  // Baidu.
  ['result', (data) => ('is_truncated' in data || 'is_end' in data ? ofBaidu(data) : undefined)],
  // Amazon Bedrock, and the models that it passes on.
  ['contentBlockDelta', (data) => bedrockDelta(at(data, 'contentBlockDelta.delta'))],
  ['messageStop', (data) => ended(at(data, 'messageStop.stopReason'))],
  ['stopReason', ({ output, stopReason }) => wholeText(at(output, 'message.content'), stopReason)],
  ['generation', ({ generation, stop_reason: word }) => [{ delta: { content: generation }, finish_reason: word }]],
  ['outputText', ({ outputText, completionReason: word }) => [{ delta: { content: outputText }, finish_reason: word }]],
  // watsonx.
  ['results', ({ results }) => listOf(results)?.map(ofWatsonx)],
  // Hunyuan writes all its names with capitals.
  [
    'Choices',
    ({ Choices }) => (at(Choices, '*.FinishReason') === undefined ? undefined : listOf(Choices)?.map(ofHunyuan)),
  ],
  // A message alone, and a finished job.
  ['role', ({ role, content }) => (role === 'assistant' && content !== undefined ? text(content) : undefined)],
  [
    'status',
    ({ status, output }) =>
      status === 'succeeded' && isText(output) ? ended(undefined, { delta: { content: output } }) : undefined,
  ],
  // Cohere’s first version, Dify, DashScope.
  [
    'generation_id',
    ({ text: words, finish_reason: word }) => (words === undefined ? undefined : wholeText(words, word)),
  ],
  ['conversation_id', ({ answer, mode }) => (mode === undefined ? text(answer) : ended(undefined, text(answer)[0]))],
  ['text', ({ text: words, finish_reason: word }) => (word === undefined ? undefined : wholeText(words, word))],
  ['done', ({ done }) => (done === true ? ended(undefined) : undefined)],
];

/** What other services than OpenAI send, as choices; undefined if the form is not known. `event`: its name, if it has one. */
export function choicesOfForm(data: Fields, event?: string): readonly Fields[] | undefined {
  // An event without a name is called so.
  const types = [
    event === 'message' ? undefined : event,
    data['type'],
    data['event_type'],
    data['event'],
    data['object'],
  ];
  for (const type of types) {
    const choices = BY_TYPE.get(type)?.(data);
    if (choices) return choices;
  }
  for (const [name, read] of BY_MEMBER) {
    const choices = data[name] === undefined ? undefined : read(data);
    if (choices) return choices;
  }
  return types.some((type) => typeof type === 'string' && SILENT.test(type)) ? [] : undefined;
}

/** The parts of Vercel’s data stream whose events have one letter for a name. */
const PARTS: Readonly<Record<string, (value: unknown) => Fields>> = {
  f: () => ({ type: 'start' }),
  0: (delta) => ({ type: 'text-delta', delta }),
  g: (delta) => ({ type: 'reasoning-delta', delta }),
  d: (end) => ({ ...(isFields(end) && end), type: 'finish' }),
  3: (errorText) => ({ type: 'error', errorText }),
};

/** An event whose name states what it is, and whose data are a value alone; undefined for any other. */
export function pieceOfEvent(event: string, data: string): Fields | undefined {
  // Replicate.
  if (event === 'output') return { type: 'text-delta', delta: data };
  return event.length === 1 ? PARTS[event]?.(parsedAnswer(data)) : undefined;
}

function isText(value: unknown): boolean {
  return typeof value === 'string' || (Array.isArray(value) && value.every((each) => typeof each === 'string'));
}

function listOf(value: unknown): readonly Fields[] | undefined {
  return Array.isArray(value) ? value.filter(isFields) : undefined;
}

function wholeText(content: unknown, word: unknown): readonly Fields[] {
  return [{ delta: { content }, finish_reason: word }];
}

function reasonOf(response: unknown): unknown {
  return at(response, 'incomplete_details.reason') ?? at(response, 'status');
}

function wholeResponse(data: Fields): readonly Fields[] {
  const items = listOf(data['output']) ?? [];
  const content = items.flatMap((item) => (item['type'] === 'message' ? (listOf(item['content']) ?? []) : []));
  return [{ finish_reason: reasonOf(data), delta: { content } }];
}

function ofMessage(data: Fields): readonly Fields[] | undefined {
  const { message, usage } = data;
  if (!isFields(message)) return undefined;
  if ('done' in data) return ofOllama(message, data);
  return 'finish_reason' in data ? [{ delta: message, usage: at(usage, 'tokens') }] : undefined;
}

function ofOllama(delta: Fields, { prompt_eval_count: input, eval_count: output }: Fields): readonly Fields[] {
  return [{ delta, ...(output !== undefined && { usage: { input_tokens: input, output_tokens: output } }) }];
}

function ofToken({ generated_text: whole, details }: Fields, { text: words, special }: Fields): readonly Fields[] {
  const delta = { content: special === true ? '' : words };
  return typeof whole === 'string' ? ended(at(details, 'finish_reason'), { delta }) : [{ delta }];
}

function ofLlama(data: Fields): readonly Fields[] {
  const { content, stop, stop_type: word, tokens_evaluated: input, tokens_predicted: output } = data;
  if (stop !== true) return text(content);
  const older = data['stopped_limit'] === true ? 'limit' : 'stop';
  return ended(word ?? older, { delta: { content }, usage: { input_tokens: input, output_tokens: output } });
}

function ofBaidu(data: Fields): readonly Fields[] {
  const { result, is_end: isEnd, is_truncated: isCut } = data;
  return isEnd === false ? text(result) : ended(isCut === true ? 'length' : 'normal', { delta: { content: result } });
}

function bedrockDelta(delta: unknown): readonly Fields[] {
  const thoughts = at(delta, 'reasoningContent.text');
  return thoughts === undefined ? text(at(delta, 'text')) : thought(thoughts);
}

function ofWatsonx({ generated_text: words, outputText, stop_reason: word, ...rest }: Fields): Fields {
  const isOpen = word === 'not_finished' || word === 'NOT_FINISHED';
  const usage = { input_tokens: rest['input_token_count'], output_tokens: rest['generated_token_count'] };
  return {
    delta: { content: words ?? outputText },
    finish_reason: isOpen ? null : (word ?? rest['completionReason']),
    usage,
  };
}

function ofHunyuan(choice: Fields): Fields {
  const { Delta, Message, FinishReason: word } = choice;
  const words = isFields(Delta) ? Delta : isFields(Message) ? Message : {};
  return { delta: { content: words['Content'], reasoning: words['ReasoningContent'] }, finish_reason: word };
}
