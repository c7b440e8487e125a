import { StoryreelError } from '../protocol';
import { isFields, type Fields } from './answer-fields';
import { choicesIn } from './chat-choices';
import { usageIn, type ChatUsage } from './chat-usage';
import { EndMark } from './end-mark';
import { ServerError } from './errors';
import { statedStatus } from './failure-kind';
import { callsTool, endIn, finishOf, type Finish } from './finish-reason';
import { OneChoice } from './one-choice';
import { outlineOf } from './outline';
import type { ReceiveChunk } from './ports';
import type { ResponseSpan } from './response-span';
import { RepeatedText } from './repeated-text';
import { errorIn, failedWith, refusedWith, wordedIn, type StatedError } from './reported-error';
import { ThinkBlock, type ParsedPiece } from './think-block';

/** The fields of thoughts; some servers send the same thought in two of them. */
const THOUGHTS = ['reasoning_content', 'reasoning', 'thinking', 'reasoning_details', 'reasoning_text'];

/** The key, the credit, the limit of requests, the model or the request itself is refused. */
const REFUSALS = new Set([400, 401, 402, 404, 429]);

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
  /** A part of the text, or of the thoughts before it, has come. */
  private hasBegun = false;
  /** The answer has continued behind its end: some servers report an end with every piece. */
  private hasContinued = false;
  private readonly mark = new EndMark();
  /** The id of the answer, and how many pieces had it; some servers give each piece another one. */
  private id: unknown;
  private sameId = 0;
  /** What came in the place of an answer. */
  private unread: unknown;
  /** A choice without any text, but with members that are not known. */
  private unreadChoice: Fields | undefined;
  private endedWell = false;
  /** A piece of a known form has come. */
  private isKnown = false;

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
    if (error && !isOver) throw this.failureOf(error);
    // A few servers send a list of pieces, or put a name beside each.
    if (Array.isArray(data)) for (const each of data) if (isFields(each)) this.take(each);
    const found = isFields(data) ? choicesIn(data, event) : undefined;
    if (found !== undefined) this.isKnown = true;
    else this.unread ??= data;
    if (!isFields(data)) return;
    const choices = this.isAnother(data['id']) ? [] : this.choice.take(found);
    for (const choice of choices) {
      const inChoice = errorIn({ error: choice['error'] });
      if (inChoice && !isOver) throw this.failureOf(inChoice);
    }
    const last = choices.at(-1);
    this.span?.came({ id: data['id'], model: data['model'], finishReason: last && endIn(last, data) });
    for (const choice of choices) this.takeChoice(choice, data);
    // Moonshot reports it within the choice.
    const usage = usageIn(last, data, data['x_groq'], data['response'], data['result'], data['message']);
    if (usage) this.takeUsage(usage);
  }

  get hasText(): boolean {
    return this.wrote;
  }

  /** Something has come that is no part of an answer. */
  pass(unread: unknown): void {
    this.unread ??= unread;
  }

  /**
   * What a server states that has sent neither a text nor an error in a known form. If nothing of it is known, the form that
   * came.
   */
  get reasonForNothing(): Error | undefined {
    const { unread } = this;
    if (this.pieces > 0 || this.ended || unread === undefined) return undefined;
    const words = isFields(unread) ? wordedIn(unread) : undefined;
    if (words) return this.failureOf(words);
    return this.isKnown || isBlank(unread) ? undefined : unknownForm(outlineOf(unread));
  }

  /** The form of an answer that has ended without a text, if something in it was not read. */
  get unreadText(): Error | undefined {
    if (!this.endedWell || this.wrote || this.hasBegun) return undefined;
    if (this.unreadChoice) return unknownForm(outlineOf(this.unreadChoice));
    // Numbers beside an empty answer are no text.
    const form = isFields(this.unread) ? outlineOf(this.unread) : '';
    return form.includes('…') ? unknownForm(form) : undefined;
  }

  /** Some services refuse every request within a good answer. Nothing is paid if nothing of the text has come. */
  private failureOf(error: StatedError): Error {
    const status = statedStatus(error);
    if (status === undefined) return new ServerError(error.message);
    return REFUSALS.has(status) && !this.hasBegun ? refusedWith(status, error) : failedWith(status, error);
  }

  /** Behind its end, an answer with another id is a second one. */
  private isAnother(id: unknown): boolean {
    if (typeof id !== 'string') return false;
    this.id ??= id;
    if (id === this.id) this.sameId += 1;
    else if (!this.ended) this.sameId = -Infinity;
    return this.isSurelyOver && id !== this.id && this.sameId > 1;
  }

  /** The end mark of a stream: some servers end a complete answer with it and report nothing else. */
  done(): void {
    this.takeRest();
    if (!this.ended && this.wrote) this.finish('unstated');
  }

  /** No more text comes: the server has reported the end, or the body has ended. */
  end(): void {
    this.takeRest();
    for (const piece of this.block.push(this.repeated.end())) this.report(piece);
    // The held-back text, which might have been a mark, is the end of the text.
    for (const piece of this.block.end()) this.report(piece);
    const rest = this.mark.end();
    if (rest !== '') this.receive({ type: 'text', text: rest });
  }

  private report(piece: ParsedPiece): void {
    if (piece.type !== 'text') return this.receive(piece);
    const text = this.mark.push(piece.text);
    if (text !== '') this.receive({ type: 'text', text });
  }

  private takeRest(): void {
    if (!this.ended) for (const choice of this.choice.rest()) this.takeChoice(choice);
  }

  private takeChoice(choice: Fields, around: Fields = {}): void {
    const { delta, message, text } = choice;
    const ends = endIn(choice, around);
    const inDelta = isFields(delta) ? delta : { content: delta };
    // A few servers repeat the whole message behind its pieces.
    const isMessage = isFields(message) && !this.cameInPieces && isBare(inDelta);
    const part = isMessage ? message : inDelta;
    for (const name of THOUGHTS) {
      const thought = wordsOf(part[name], 'thought');
      if (thought === '') continue;
      this.hasBegun = true;
      this.receive({ type: 'thought', text: thought });
      break;
    }
    const content = part['content'] ?? part['text'] ?? (typeof text === 'string' && !this.ended ? text : undefined);
    const thought = wordsOf(content, 'thought-part');
    if (thought !== '') this.receive({ type: 'thought', text: thought });
    const isRepeated = isFields(message) && this.cameInPieces && isBare(inDelta);
    const given = isRepeated ? this.repeated.restIn(wordsOf(message['content'], 'text')) : wordsOf(content, 'text');
    const kind = this.ended ? 'late' : isMessage ? 'message' : ends === undefined ? 'piece' : 'last';
    const words = this.repeated.addedBy(given, kind);
    this.hasBegun ||= given !== '' || thought !== '';
    this.cameInPieces ||= !isMessage && given !== '';
    if (given !== '') this.pieces += 1;
    if (this.ended && words.trim() !== '') {
      this.ended = false;
      this.hasContinued = true;
    }
    if (words !== '') for (const piece of this.block.push(words)) this.report(piece);
    const refusal = wordsOf(part['refusal'], 'text') + wordsOf(content, 'refusal');
    if (refusal !== '') this.receive({ type: 'refusal', text: refusal });
    this.wrote ||= given !== '' || refusal !== '';
    if (!this.wrote && (hasUnread(part) || hasUnread({ ...choice, delta: null, message: null })))
      this.unreadChoice ??= choice;
    if (ends === undefined || this.ended) return;
    if (callsTool(ends) && !this.wrote) throw new StoryreelError('Output.Unusable', CALLED_TOOL);
    this.finish(finishOf(ends));
  }

  private finish(reason: Finish): void {
    this.end();
    this.ended = true;
    this.endedWell = reason === 'stop' || reason === 'unstated';
    // Such a server's word is no more than that the connection has ended.
    this.receive({ type: 'finish', reason: this.hasContinued && reason === 'stop' ? 'unstated' : reason });
  }

  private takeUsage(counts: ChatUsage): void {
    // Some servers report nothing but zeros with a last, empty piece.
    const isNews = ([name, value]: readonly [string, number]) => value > 0 || !this.counted.has(name);
    const known = (Object.entries(counts) as [string, number][]).filter(isNews);
    for (const [name, value] of known) if (value > 0) this.counted.add(name);
    if (known.length > 0) this.receive({ type: 'usage', ...(Object.fromEntries(known) as ChatUsage) });
  }
}

const CALLED_TOOL =
  "The model's answer cannot be used: it calls a tool, where a text was asked for. Check which tools its server offers to it.";

/** What has come may be paid, and would come again. */
export function unknownForm(form: string): StoryreelError {
  const words = `The provider answered in a form that is not known here: ${form}. `;
  return new StoryreelError(
    'Provider.BadRequest',
    `${words}Check that the base URL is that of OpenAI's API: most end in /v1.`,
  );
}

/** What is beside a text. */
const BESIDE =
  /^(?:role|name|id|type|object|index|status|phase|content|text|refusal|delta|message|error|logprobs)$|[Rr]eason|[Tt]hinking|[Ff]inish|[Ss]top|[Uu]sage|[Ss]ignature|[Ff]ilter|[Rr]ating|[Tt]oken/;

function hasUnread(fields: Fields): boolean {
  return Object.entries(fields).some(
    ([name, value]) => !BESIDE.test(name) && typeof value !== 'number' && !isNothing(value),
  );
}

function isNothing(value: unknown): boolean {
  return value === '' || value === false || value === true || (typeof value !== 'string' && isBlank(value));
}

/** `null`, `{}` and the like. */
function isBlank(value: unknown): boolean {
  return !(typeof value === 'object' && value !== null ? Object.keys(value).length > 0 : typeof value === 'string');
}

/** Nothing is in it that a piece is made of. */
function isBare(delta: Fields): boolean {
  return [delta['content'], delta['text'], ...THOUGHTS.map((name) => delta[name])].every(
    (each) => each === undefined || each === null || each === '',
  );
}

/** What is looked for in a text or a list of parts: its own words, the thoughts between them, or a refusal. */
type Kind = 'text' | 'thought' | 'thought-part' | 'refusal';

function wordsOf(content: unknown, what: Kind): string {
  const isWhole = what === 'text' || what === 'thought';
  if (typeof content === 'string') return isWhole ? content : '';
  // A number that was text, such as a year, and lost its quotation marks.
  if (typeof content === 'number') return what === 'text' ? String(content) : '';
  const parts: unknown[] = Array.isArray(content) ? content : isFields(content) ? [content] : [];
  return parts.map((part) => (typeof part === 'string' && isWhole ? part : wordsOfPart(part, what))).join('');
}

function wordsOfPart(part: unknown, what: Kind): string {
  if (!isFields(part)) return '';
  const { type, text, thinking, reasoning, refusal } = part;
  if (what === 'refusal') return typeof refusal === 'string' ? refusal : '';
  const isThought =
    part['thought'] === true || (typeof type === 'string' && /think|reason|thought|summary/i.test(type));
  const words = isFields(text) ? text['value'] : (text ?? part['content']);
  if (what === 'text') return isThought || typeof words !== 'string' ? '' : words;
  if (what === 'thought-part' && !isThought) return '';
  return wordsOf(thinking ?? reasoning ?? words ?? part['summary'], 'thought');
}
