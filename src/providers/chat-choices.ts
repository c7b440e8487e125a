import { isFields, jsonIn, valuesAt, type Fields } from './answer-fields';
import { choicesOfForm } from './chat-forms';

/** The members in which gateways wrap an answer. */
const WRAPPERS = ['data', 'result', 'response', 'output', 'body', 'Response'];
const DEEPEST = 2;

/**
 * The choices of a piece or of a whole answer; undefined if there are none. Gateways wrap them, or pass on what a service
 * of another form has sent. `event`: the name of the event, if it has one.
 */
export function choicesIn(data: Fields, event?: string, depth = DEEPEST): readonly unknown[] | undefined {
  const { choices } = data;
  if (Array.isArray(choices)) return choices as unknown[];
  if (isFields(choices)) return '0' in choices ? valuesAt(choices, '*') : [choices];
  const other = choicesOfForm(data, event);
  if (other || depth === 0) return other;
  const wrapped = WRAPPERS.map((name) => unwrapped(data[name])).filter(isFields);
  return wrapped.map((each) => choicesIn(each, undefined, depth - 1)).find((found) => found !== undefined);
}

/** Functions behind a gateway write their JSON into a text. */
function unwrapped(value: unknown): unknown {
  return typeof value === 'string' && value.startsWith('{') ? jsonIn(value) : value;
}
