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

export interface TextCall {
  readonly chosen: ResolvedProvider<TextProvider>;
  readonly messages: readonly ChatMessage[];
  /** The most tokens of the answer, without the model's thoughts. */
  readonly maxTokens: number;
  readonly schema?: JsonSchema;
}

const MOST_REFUSAL = 2_000;
/** How much longer than the wait for the first sign a model may think, if no setting defines it. */
const THINKING_TIMES = 5;
/** Thoughts that take less of the limit are not why an answer was cut off. */
const MUCH = 0.1;

/** Streams an answer into the writer. Returns only after the provider has reported that the answer is complete. */
export async function streamInto(
  writer: TextWriter,
  stage: TextStage,
  run: LaneRun,
  call: TextCall,
  tokens: Tokens,
): Promise<void> {
  const { chosen, messages, maxTokens, schema } = call;
  const { config } = run.deps;
  const counters = Object.assign(run.counters, { pieces: 0, characters: 0 });
  const watchdog = new StreamWatchdog({
    firstTokenMs: config.FIRST_TOKEN_TIMEOUT_MS,
    interChunkMs: config.INTER_CHUNK_TIMEOUT_MS,
    withoutTextMs: config.THINKING_TIMEOUT_MS ?? THINKING_TIMES * config.FIRST_TOKEN_TIMEOUT_MS,
  });
  const limits = new AnswerLimits({
    bytes: Buffer.byteLength(writer.text),
    mostBytes: config.MAX_TEXT_BYTES,
    orderedTokens: maxTokens,
    mostThoughtBytes: config.MAX_THOUGHT_BYTES,
  });
  const { signal, release } = linkSignals(run.signal, watchdog.signal);
  const seen = { thoughts: 0, refusal: '', usage: new Set<'input' | 'output'>() };
  let finish: Extract<TextChunk, { type: 'finish' }>['reason'] | undefined;
  const reckon = (piece: string): void => {
    if (!seen.usage.has('output')) tokens.output += tokensInPiece(piece);
  };
  const receive = (chunk: TextChunk): void => {
    watchdog.feed(chunk.type === 'text' || chunk.type === 'thought' ? chunk.type : 'alive');
    switch (chunk.type) {
      case 'text': {
        // Postgres cannot store the NUL character; a stray one from a model carries no meaning.
        const text = chunk.text.includes('\0') ? chunk.text.replaceAll('\0', '') : chunk.text;
        reckon(chunk.text);
        limits.text(text);
        writer.write(text);
        // An answer that continues had not ended.
        if (finish !== undefined && text.trim() !== '') finish = undefined;
        counters.pieces += 1;
        counters.characters = writer.length;
        return;
      }
      case 'thought':
        if (seen.thoughts === 0)
          run.publishUpdate({ type: 'stage_update', status: 'processing', message: 'The model thinks.' });
        reckon(chunk.text);
        seen.thoughts += tokensInPiece(chunk.text);
        limits.thought(chunk.text);
        return;
      case 'retract':
        limits.retract();
        writer.retract();
        return;
      case 'refusal':
        reckon(chunk.text);
        seen.refusal = (seen.refusal + chunk.text).slice(0, MOST_REFUSAL);
        return;
      case 'usage':
        take(chunk, tokens, seen);
        // Some providers report the usage so far all along; only the last report is what they charge.
        tokens.estimated = finish === undefined || seen.usage.size < 2;
        return;
      case 'finish':
        finish = chunk.reason;
        return;
    }
  };
  const room = roomFor(chosen);
  try {
    await chosen.provider.stream(
      {
        messages,
        maxTokens: maxTokens + room,
        temperature: stage.temperature,
        mostBytes: 4 * config.MAX_TEXT_BYTES,
        onAlive: () => watchdog.feed('alive'),
        onNotice: (words) => {
          run.deps.logger.warn({ lane: run.claim.lane, provider: chosen.name }, words);
          run.publishUpdate({ type: 'stage_update', status: 'processing', message: words });
        },
        ...(schema && { schema }),
      },
      receive,
      signal,
    );
    signal.throwIfAborted();
    tokens.estimated = seen.usage.size < 2;
  } finally {
    watchdog.stop();
    release();
  }
  if (seen.refusal !== '' || finish === 'filtered') throw refused(seen.refusal, messages);
  if (finish === 'length') mustBeUsable(writer.text, stage, seen.thoughts, { ...call, room });
  const isUnstated = finish === 'unstated' && stage.cutIsUsable && !endsWhole(writer.text);
  if (finish === undefined || isUnstated) {
    throw new StoryreelError('Stream.Cut', 'The stream ended without a finish reason: the answer is not complete.');
  }
}

function take(
  { inputTokens, outputTokens, thoughtTokens }: Extract<TextChunk, { type: 'usage' }>,
  tokens: Tokens,
  seen: { thoughts: number; usage: Set<'input' | 'output'> },
): void {
  if (inputTokens !== undefined) {
    tokens.input = inputTokens;
    seen.usage.add('input');
  }
  if (outputTokens !== undefined) {
    tokens.output = outputTokens;
    seen.usage.add('output');
  }
  if (thoughtTokens !== undefined) seen.thoughts = thoughtTokens;
}

/** Checks an answer that was cut off at its longest. */
function mustBeUsable(
  text: string,
  stage: TextStage,
  thoughts: number,
  { chosen, maxTokens, room }: TextCall & { readonly room: number },
): void {
  if (thoughts > (maxTokens + room) * MUCH) {
    const more = giveMoreRoom(chosen, thoughts);
    throw new UnusableOutput([], {
      message: `The model's thoughts took about ${thoughts} of the ${maxTokens + room} tokens of its answer, which was cut off. From now on it has ${more} more.`,
    });
  }
  // A repaired half of a JSON text would pass for a whole one.
  if (!stage.cutIsUsable || !endsWhole(text)) {
    throw new UnusableOutput([`the answer was cut off after ${maxTokens} tokens: it must be shorter`]);
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
