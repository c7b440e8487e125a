import { isFields, type Fields } from './answer-fields';

/** The members in which gateways wrap an answer. */
const WRAPPERS = ['data', 'result', 'response', 'output', 'body'];
const DEEPEST = 2;

/**
 * The choices of a piece or of a whole answer; undefined if there are none. Gateways wrap them, or pass on what a service
 * of another form has sent.
 */
export function choicesIn(data: Fields, depth = DEEPEST): readonly unknown[] | undefined {
  const { choices } = data;
  if (Array.isArray(choices)) return choices as unknown[];
  if (isFields(choices)) return [choices];
  const other = otherForm(data);
  if (other || depth === 0) return other;
  const wrapped = WRAPPERS.map((name) => data[name]).filter(isFields);
  return wrapped.map((each) => choicesIn(each, depth - 1)).find((found) => found !== undefined);
}

/** Anthropic, Gemini, OpenAI's Responses, Ollama and Cloudflare, as choices. */
function otherForm(data: Fields): readonly Fields[] | undefined {
  const { type, delta, message, response, candidates, content, output, promptFeedback } = data;
  if (isFields(promptFeedback) && promptFeedback['blockReason']) return [{ finish_reason: 'blocked' }];
  if (Array.isArray(candidates)) {
    return candidates.filter(isFields).map((each) => ({ ...each, delta: { content: partsOf(each['content']) } }));
  }
  if (type === 'response.output_text.delta') return [{ delta: { content: delta } }];
  if (type === 'response.completed' || type === 'response.incomplete') {
    return [{ finish_reason: isFields(response) ? response['status'] : type }];
  }
  if (type === 'content_block_delta' || type === 'message_delta') return [{ delta }];
  if (type === 'message') return [{ ...data, delta: { content } }];
  if (data['object'] === 'response' && Array.isArray(output)) {
    return [{ finish_reason: data['status'], delta: { content: output.filter(isFields).flatMap(partsOfItem) } }];
  }
  if (isFields(message) && 'done' in data) return [{ delta: message }];
  return typeof response === 'string' ? [{ delta: { content: response } }] : undefined;
}

function partsOf(content: unknown): unknown {
  return isFields(content) ? content['parts'] : content;
}

function partsOfItem({ type, content }: Fields): unknown[] {
  return type === 'message' && Array.isArray(content) ? content : [];
}
