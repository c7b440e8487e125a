import { StoryreelError } from '../../protocol';
import { linkSignals, type ChatMessage, type TextChunk, type TextProvider } from '../../providers';
import { UnusableOutput, type JsonSchema, type TextStage } from '../../stages';
import type { TextWriter } from '../../stream';
import { AnswerLimits } from './answer-limits';
import { tokensInPiece } from '../usage/call-cost';
import type { LaneRun } from '../lanes/lane-run';
import type { ResolvedProvider } from '../usage/provider-choice';
import { wordsOf } from '../usage/provider-words';
import { StreamWatchdog } from './stream-watchdog';
import { giveMoreRoom, roomFor } from './thinking-room';

/** The tokens that a call has used; estimated until the provider reports them. */
export interface Tokens {
  readonly unit: 'token';
  input: number;
  output: number;
  estimated: boolean;
}

/** One call for a text: what is asked, of whom, and where the answer goes. */
export interface TextCall {
  readonly run: LaneRun;
  readonly stage: TextStage;
  readonly writer: TextWriter;
  readonly chosen: ResolvedProvider<TextProvider>;
  readonly messages: readonly ChatMessage[];
  /** The most tokens of the answer, without the model's thoughts. */
  readonly maxTokens: number;
  readonly schema?: JsonSchema;
}

/** The most characters of a refusal that are kept. */
const MAX_REFUSAL = 2_000;
/** How much longer than the wait for the first sign a model may think, if no setting defines it. */
const THINKING_TIMES = 5;
/** If thoughts took a smaller share of the limit than this, they are not why an answer was cut off. */
const SHARE_OF_THOUGHTS = 0.1;

/** Streams an answer into the writer. Returns only after the provider has reported that the answer is complete. */
export async function streamInto(call: TextCall, tokens: Tokens): Promise<void> {
  const { run, stage, chosen, messages, maxTokens, schema } = call;
  const { config, logger } = run.deps;
  const answer = new TextAnswer(call, tokens);
  const { signal, release } = linkSignals(run.signal, answer.watchdog.signal);
  try {
    await chosen.provider.stream(
      {
        messages,
        maxTokens: maxTokens + answer.room,
        temperature: stage.temperature,
        mostBytes: 4 * config.MAX_TEXT_BYTES,
        onAlive: () => answer.watchdog.feed('alive'),
        onNotice: (words) => {
          logger.warn({ lane: run.claim.lane, provider: chosen.name }, words);
          run.publishUpdate({ type: 'stage_update', status: 'processing', message: words });
        },
        ...(schema && { schema }),
      },
      answer.receive,
      signal,
    );
    signal.throwIfAborted();
  } catch (error) {
    // Behind the end that the provider has reported, a connection that is silent takes nothing from the answer.
    if (!answer.hasEnded || !answer.watchdog.signal.aborted || run.signal.aborted) throw error;
  } finally {
    answer.watchdog.stop();
    release();
  }
  tokens.estimated = answer.isEstimated;
  answer.mustBeWhole();
}

/** An answer as it arrives: each piece feeds the watchdog, is measured and counted, and is written. */
class TextAnswer {
  readonly watchdog: StreamWatchdog;
  /** The tokens that are ordered for thoughts, beside those of the answer. */
  readonly room: number;
  private readonly limits: AnswerLimits;
  private readonly counters: { pieces: number; characters: number };
  /** The counts that the provider has reported. */
  private readonly reported = new Set<'input' | 'output'>();
  private thoughtTokens = 0;
  private refusal = '';
  private finish: Extract<TextChunk, { type: 'finish' }>['reason'] | undefined;

  constructor(
    private readonly call: TextCall,
    private readonly tokens: Tokens,
  ) {
    const { run, writer, chosen, maxTokens } = call;
    const { config } = run.deps;
    this.counters = Object.assign(run.counters, { pieces: 0, characters: 0 });
    this.watchdog = new StreamWatchdog({
      firstTokenMs: config.FIRST_TOKEN_TIMEOUT_MS,
      interChunkMs: config.INTER_CHUNK_TIMEOUT_MS,
      withoutTextMs: config.THINKING_TIMEOUT_MS ?? THINKING_TIMES * config.FIRST_TOKEN_TIMEOUT_MS,
    });
    this.limits = new AnswerLimits({
      bytes: Buffer.byteLength(writer.text),
      mostBytes: config.MAX_TEXT_BYTES,
      orderedTokens: maxTokens,
      mostThoughtBytes: config.MAX_THOUGHT_BYTES,
    });
    this.room = roomFor(chosen);
  }

  get hasEnded(): boolean {
    return this.finish !== undefined;
  }

  /** True until the provider has reported both counts. */
  get isEstimated(): boolean {
    return this.reported.size < 2;
  }

  readonly receive = (chunk: TextChunk): void => {
    const { writer } = this.call;
    this.watchdog.feed(chunk.type === 'text' || chunk.type === 'thought' ? chunk.type : 'alive');
    switch (chunk.type) {
      case 'text': {
        // Postgres cannot store the NUL character; a stray one from a model carries no meaning.
        const text = chunk.text.includes('\0') ? chunk.text.replaceAll('\0', '') : chunk.text;
        this.estimate(chunk.text);
        this.limits.text(text);
        writer.write(text);
        // An answer that continues had not ended.
        if (this.finish !== undefined && text.trim() !== '') this.finish = undefined;
        this.counters.pieces += 1;
        this.counters.characters = writer.length;
        return;
      }
      case 'thought':
        this.takeThought(chunk.text);
        return;
      case 'retract':
        this.limits.retract();
        writer.retract();
        return;
      case 'refusal':
        this.estimate(chunk.text);
        this.refusal = (this.refusal + chunk.text).slice(0, MAX_REFUSAL);
        return;
      case 'usage':
        this.takeUsage(chunk);
        return;
      case 'finish':
        this.finish = chunk.reason;
        return;
    }
  };

  /** Throws if the answer was refused, or was cut off so that it cannot be used. */
  mustBeWhole(): void {
    const { writer, stage, messages } = this.call;
    if (this.refusal !== '' || this.finish === 'filtered') throw refused(this.refusal, messages);
    if (this.finish === 'length') this.mustBeUsable();
    if (this.finish !== undefined && writer.text.trim() === '' && this.thoughtTokens > 0) {
      throw new UnusableOutput(['the answer was empty'], {
        message: "The model's answer is empty: its server sent all words as thoughts. Check how the server parts them.",
      });
    }
    const isUnstated = this.finish === 'unstated' && stage.cutIsUsable && !endsWhole(writer.text);
    if (this.finish === undefined || isUnstated) {
      throw new StoryreelError('Stream.Cut', 'The stream ended without a finish reason: the answer is not complete.');
    }
  }

  /** Checks an answer that was cut off at its longest. */
  private mustBeUsable(): void {
    const { writer, stage, chosen, maxTokens } = this.call;
    const ordered = maxTokens + this.room;
    if (this.thoughtTokens > ordered * SHARE_OF_THOUGHTS) {
      const more = giveMoreRoom(chosen, this.thoughtTokens);
      throw new UnusableOutput([], {
        message: `The model's thoughts took about ${this.thoughtTokens} of the ${ordered} tokens of its answer, which was cut off. From now on it has ${more} more.`,
      });
    }
    // A repaired half of a JSON text would pass for a whole one.
    if (!stage.cutIsUsable || !endsWhole(writer.text)) {
      throw new UnusableOutput([`the answer was cut off after ${maxTokens} tokens: it must be shorter`]);
    }
  }

  private takeThought(text: string): void {
    if (this.thoughtTokens === 0) {
      this.call.run.publishUpdate({ type: 'stage_update', status: 'processing', message: 'The model thinks.' });
    }
    this.estimate(text);
    this.thoughtTokens += tokensInPiece(text);
    this.limits.thought(text);
  }

  private takeUsage({ inputTokens, outputTokens, thoughtTokens }: Extract<TextChunk, { type: 'usage' }>): void {
    if (inputTokens !== undefined) {
      this.tokens.input = inputTokens;
      this.reported.add('input');
    }
    if (outputTokens !== undefined) {
      this.tokens.output = outputTokens;
      this.reported.add('output');
    }
    if (thoughtTokens !== undefined) this.thoughtTokens = thoughtTokens;
    // Some providers report the usage so far all along; only the last report is what they charge.
    this.tokens.estimated = this.finish === undefined || this.isEstimated;
  }

  private estimate(piece: string): void {
    if (!this.reported.has('output')) this.tokens.output += tokensInPiece(piece);
  }
}

/** Prose that ends with a sentence. */
function endsWhole(text: string): boolean {
  return /[.!?…。!?।॥؟।။።]["'”’»」』)\]*_]{0,3}$/.test(text.slice(-60).trimEnd());
}

function refused(refusal: string, messages: readonly ChatMessage[]): StoryreelError {
  const words = wordsOf(
    refusal,
    messages.map(({ content }) => content),
  );
  return new StoryreelError(
    'Provider.Refused',
    words === ''
      ? "The provider's content filter stopped the answer. Change the topic or the prompt."
      : `The model declined: “${words}”`,
  );
}
