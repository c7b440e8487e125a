import { boundedLine, StoryreelError } from '../protocol';
import { isFields, type Fields } from './answer-fields';
import type { TextChunk } from './ports';

export type Finish = Extract<TextChunk, { type: 'finish' }>['reason'];

/**
 * The words of servers for an answer that was stopped because of its content, was cut at its longest, or is complete.
 * The first line that fits decides; a word that fits none means that the answer broke off.
 */
const FINISH: readonly (readonly [Finish, RegExp])[] = [
  // Our own word for the end of a service that gives none.
  ['unstated', /^unstated$/],
  [
    'filtered',
    /content_?filter|^filter(?:ed)?$|safety|sensitive|moderat|refus|blocked|blocklist|denylist|toxic|guardrail|policy|prohibited|inappropriate|violation|recitation|^spii$|model_armor|^language$|^risk|^hate/,
  ],
  [
    'length',
    /max_?(?:\w{1,12}_)?(?:tokens?|length)|^(?:\w{1,12}_)?length|token_?limit|context_(?:window|length)|^(?:error_|output_)?limit$|^truncated|^incomplete$/,
  ],
  [
    'stop',
    /^(?:finish_reason_|natural_|early_)?stop(?:ped|_sequence|_token|_word|_string)?$|^e(?:os|ot|og)(?:_token|_id)?$|^(?:end|ended|finish|finished|complete|completed|done|normal|natural|success|s)$|^(?:im_)?end$|^end_?of_?(?:turn|text|sequence|stream|message)$|^(?:end_turn|turn_end|model_finished)$/,
  ],
];
/** Words that mean that there is no word. */
const NONE = new Set(['', 'null', 'none', 'finish_reason_unspecified']);
const MAX_WORD = 60;

/** What the server's word for the end means. Throws `Stream.Cut` if it is no proper end. */
export function finishOf(word: string): Finish {
  const known = plain(word);
  // The call of a tool, which nobody has offered, may have come in the place of the rest.
  if (callsTool(word)) return 'unstated';
  const [reason] = FINISH.find(([, pattern]) => pattern.test(known)) ?? [];
  if (reason) return reason;
  throw new StoryreelError(
    'Stream.Cut',
    `The provider ended its answer with “${boundedLine(word, MAX_WORD)}”: it is not complete.`,
  );
}

export function callsTool(word: string): boolean {
  return /^(?:tool_calls?|tool_use|function_call)$/.test(plain(word));
}

function plain(word: string): string {
  // Some words have details behind them, such as “content_filter: RECITATION”.
  const [known = ''] = word
    .slice(0, MAX_WORD)
    .replace(/^<[|/]*|[|]*>$/g, '')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .replaceAll(/[-\s]+/g, '_')
    .split(':');
  return known;
}

const NAMES = ['finish_reason', 'finishReason', 'stop_reason', 'done_reason', 'finish_details'];

/** The server's own word for the end, in a choice or around it. */
export function endIn(choice: Fields, around: Fields): string | undefined {
  const found = endOf(choice) ?? (isFields(choice['delta']) ? endOf(choice['delta']) : undefined) ?? endOf(around);
  return found ?? (around['done'] === true || around['is_end'] === true ? 'done' : undefined);
}

function endOf(fields: Fields): string | undefined {
  for (const name of NAMES) {
    const value = fields[name];
    const word = isFields(value) ? value['type'] : value;
    if (typeof word === 'string' && !NONE.has(word.toLowerCase())) return word;
  }
  return undefined;
}
