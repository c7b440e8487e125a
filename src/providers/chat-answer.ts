import { boundedLine, MAX_INTEGER, StoryreelError } from '../protocol';
import { isFields, type Fields } from './answer-fields';
import { ServerError } from './errors';
import { statedStatus } from './failure-kind';
import { OneChoice } from './one-choice';
import type { ReceiveChunk, TextChunk } from './ports';
import type { ResponseSpan } from './response-span';
import { RepeatedText } from './repeated-text';
import { errorIn, failedWith, type StatedError } from './reported-error';
import { ThinkBlock } from './think-block';

type Finish = Extract<TextChunk, { type: 'finish' }>['reason'];

/**
 * The words of servers for an answer that is complete, was cut at its longest, or was stopped because of its content.
 */
const FINISH: Readonly<Record<string, Finish>> = {
  ...named('stop', 'stop', 'end_turn', 'stop_sequence', 'eos', 'eos_token', 'completed', 'complete', 'end', 'finished'),
  ...named('stop', 'tool_calls', 'function_call', 'finish_reason_stop', 'normal', 'endoftext'),
  ...named(
    'length',
    'length',
    'max_tokens',
    'max_output_tokens',
    'max_completion_tokens',
    'model_length',
    'token_limit',
  ),
  ...named('length', 'model_context_window_exceeded', 'context_length', 'max_length', 'incomplete', 'error_limit'),
  ...named(
    'filtered',
    'content_filter',
    'content_filtered',
    'filtered',
    'refusal',
    'safety',
    'recitation',
    'blocklist',
  ),
  ...named(
    'filtered',
    'prohibited_content',
    'spii',
    'sensitive',
    'moderation',
    'blocked',
    'guardrail_intervened',
    'error_toxic',
  ),
};
/** Words that mean that there is no word. */
const NONE = new Set(['', 'null', 'none', 'finish_reason_unspecified']);

/** The fields of thoughts; some servers send the same thought in two of them. */
const THOUGHTS = ['reasoning_content', 'reasoning', 'thinking', 'reasoning_details', 'reasoning_text'];

const MAX_WORD = 60;

/**
 * Reads the chunks of a chat completion, or a whole one, in the variants of real servers, and passes on their meaning.
 * Throws the error that the server reports within its answer. Throws `Stream.Cut` if the last finish reason is no
 * proper end.
 */
export class ChatAnswer {
  /** The server has reported that the answer has ended. */
  ended = false;
  private wrote = false;
  /** The text came as deltas. */
  private cameInPieces = false;
  private readonly repeated = new RepeatedText();
  /** The counts of tokens that were more than zero. */
  private readonly counted = new Set<string>();
  private readonly choice = new OneChoice();
  private pieces = 0;
  /** The answer has continued behind its end: some servers report an end with every piece. */
  private hasContinued = false;

  constructor(
    private readonly receive: ReceiveChunk,
    private readonly block = new ThinkBlock(),
    private readonly span?: ResponseSpan,
  ) {}

  /** The answer has ended, and more of it is not to be expected. */
  get isSurelyOver(): boolean {
    return this.ended && !this.hasContinued;
  }

  /** The end came with the first piece: this server may report one with every piece. */
  get isEarly(): boolean {
    return this.ended && this.pieces <= 1;
  }

  /** The data of one event, or a whole answer. */
  take(data: unknown, event = 'message'): void {
    // An error behind the end concerns something else than the text, such as the count of its tokens.
    const isOver = this.isSurelyOver;
    const error = errorIn(data) ?? (event === 'error' ? { message: JSON.stringify(data) } : undefined);
    if (error && !isOver) throw thrownFor(error);
    if (!isFields(data)) return;
    const choices = this.choice.take(data['choices']);
    for (const choice of choices) {
      const inChoice = errorIn({ error: choice['error'] });
      if (inChoice && !isOver) throw thrownFor(inChoice);
    }
    const last = choices.at(-1);
    this.span?.came({ id: data['id'], model: data['model'], finishReason: last && endIn(last) });
    for (const choice of choices) this.takeChoice(choice);
    // Moonshot reports it within the choice.
    const usage = data['usage'] ?? last?.['usage'];
    if (isFields(usage)) this.takeUsage(usage);
  }

  /** The end mark of a stream: some servers end a complete answer with it and report nothing else. */
  done(): void {
    this.takeRest();
    if (!this.ended && this.wrote) this.finish('unstated');
  }

  /** No more text comes: the server has reported the end, or the body has ended. */
  end(): void {
    this.takeRest();
    for (const report of this.block.push(this.repeated.end())) this.receive(report);
    // The held-back text, which might have been a mark, is the end of the text.
    for (const report of this.block.end()) this.receive(report);
  }

  private takeRest(): void {
    if (!this.ended) for (const choice of this.choice.rest()) this.takeChoice(choice);
  }

  private takeChoice(choice: Fields): void {
    const { delta, message, text } = choice;
    // A few servers repeat the whole message behind its pieces.
    const isMessage = !isFields(delta) && isFields(message) && !this.cameInPieces;
    const part = isFields(delta) ? delta : isMessage ? message : {};
    for (const name of THOUGHTS) {
      const thought = wordsOf(part[name], 'thought');
      if (thought === '') continue;
      this.receive({ type: 'thought', text: thought });
      break;
    }
    const content = part['content'] ?? (typeof text === 'string' && !this.ended ? text : undefined);
    const thought = wordsOf(content, 'thought-part');
    if (thought !== '') this.receive({ type: 'thought', text: thought });
    const given = wordsOf(content, 'text');
    const words = this.repeated.addedBy(given, this.ended ? 'late' : isMessage ? 'message' : 'piece');
    this.cameInPieces ||= !isMessage && given !== '';
    if (given !== '') this.pieces += 1;
    if (this.ended && words.trim() !== '') {
      this.ended = false;
      this.hasContinued = true;
    }
    if (words !== '') for (const report of this.block.push(words)) this.receive(report);
    const refusal = wordsOf(part['refusal'], 'text');
    if (refusal !== '') this.receive({ type: 'refusal', text: refusal });
    this.wrote ||= given !== '' || refusal !== '';
    const ends = endIn(choice);
    if (ends !== undefined && !this.ended) this.finish(finishOf(ends));
  }

  private finish(reason: Finish): void {
    this.end();
    this.ended = true;
    // Such a server's word is no more than that the connection has ended.
    this.receive({ type: 'finish', reason: this.hasContinued && reason === 'stop' ? 'unstated' : reason });
  }

  /** Takes each number separately: servers leave some out, and send unusual ones. */
  private takeUsage(usage: Fields): void {
    const details = usage['completion_tokens_details'];
    const inputTokens = count(usage['prompt_tokens'] ?? usage['input_tokens']);
    const written = count(usage['completion_tokens'] ?? usage['output_tokens']);
    const beside = count(Number(usage['total_tokens'] ?? NaN) - (inputTokens ?? NaN));
    const counts = {
      inputTokens,
      // xAI and Gemini count the thoughts, which they charge, only in the total.
      outputTokens: written === undefined ? undefined : Math.max(written, beside ?? 0),
      thoughtTokens: count(isFields(details) ? details['reasoning_tokens'] : usage['reasoning_tokens']),
    };
    // Some servers report nothing but zeros with a last, empty piece.
    const isNews = (name: string, value: number | undefined) => value || (value === 0 && !this.counted.has(name));
    const known = Object.fromEntries(Object.entries(counts).filter(([name, value]) => isNews(name, value)));
    for (const [name, value] of Object.entries(known)) if (value) this.counted.add(name);
    if (Object.keys(known).length > 0) this.receive({ type: 'usage', ...known });
  }
}

function thrownFor(error: StatedError): Error {
  const status = statedStatus(error);
  return status === undefined ? new ServerError(error.message) : failedWith(status, error);
}

function finishOf(word: string): Finish {
  const known = word.toLowerCase().replaceAll('-', '_');
  // Some words have details behind them, such as “content_filter: RECITATION”.
  const reason = FINISH[known] ?? FINISH[known.split(':')[0] ?? ''];
  if (reason) return reason;
  throw new StoryreelError(
    'Stream.Cut',
    `The provider ended its answer with “${boundedLine(word, MAX_WORD)}”: it is not complete.`,
  );
}

/** The server's own word for the end. */
function endIn(choice: Fields): string | undefined {
  return [choice['finish_reason'], choice['finishReason'], choice['stop_reason']].find(isEnd);
}

function isEnd(value: unknown): value is string {
  return typeof value === 'string' && !NONE.has(value.toLowerCase());
}

/** The words of a text, or of a list of parts: the answer's own words, or the model's thoughts between them. */
function wordsOf(content: unknown, what: 'text' | 'thought' | 'thought-part'): string {
  if (typeof content === 'string') return what === 'thought-part' ? '' : content;
  const parts: unknown[] = Array.isArray(content) ? content : isFields(content) ? [content] : [];
  return parts.map((part) => wordsOfPart(part, what)).join('');
}

function wordsOfPart(part: unknown, what: 'text' | 'thought' | 'thought-part'): string {
  if (typeof part === 'string') return what === 'thought-part' ? '' : part;
  if (!isFields(part)) return '';
  const { type, text, thinking, reasoning } = part;
  const isThought = typeof type === 'string' && /think|reason|thought|summary/i.test(type);
  if (what === 'text') return isThought || typeof text !== 'string' ? '' : text;
  if (what === 'thought-part' && !isThought) return '';
  return wordsOf(thinking ?? reasoning ?? text ?? part['summary'], 'thought');
}

function count(value: unknown): number | undefined {
  return Number.isInteger(value) && Number(value) >= 0 && Number(value) <= MAX_INTEGER ? Number(value) : undefined;
}

function named(reason: Finish, ...words: readonly string[]): Record<string, Finish> {
  return Object.fromEntries(words.map((word) => [word, reason]));
}
