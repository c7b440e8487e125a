import { setTimeout as sleep } from 'node:timers/promises';
import { ModelUsage, type ProviderPrices } from '../entities';
import { StoryreelError, type LaneResult, type LaneTask } from '../protocol';
import type { ChatMessage, TextChunk, TextProvider } from '../providers';
import {
  askAgain,
  heed,
  renderMessages,
  stageDefinition,
  UnusableOutput,
  type JsonSchema,
  type TextStage,
} from '../stages';
import { TextWriter } from '../stream';
import { providerCall } from '../telemetry';
import type { ActivityDeps } from './deps';
import { continuedText } from './continuation';
import { inputHash, textHash } from './input-hash';
import { runLane, type LaneMaker, type LaneRun } from './lane-run';
import { promptFor } from './prompt-for';
import { callOf, chooseText, type Chosen } from './provider-choice';
import { StreamWatchdog } from './stream-watchdog';

interface TextInputs {
  readonly chosen: Chosen<TextProvider>;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly messages: readonly ChatMessage[];
  readonly maxTokens: number;
  readonly schema?: JsonSchema;
}

const LAST_FLUSH_MS = 500;
/** How long a Postgres that hangs may hold up an attempt that has failed, or a lane that another worker shall go on with. */
const NOTE_WASTE_MS = 1_000;

interface Tokens {
  input: number;
  output: number;
  /** The provider did not say, so `output` counts the pieces that came. */
  estimated: boolean;
}

/** Runs any lane that streams text: the stage says what is asked and how the answer is read. */
export function generateText(deps: ActivityDeps, task: LaneTask): Promise<LaneResult> {
  return runLane(deps, task, maker);
}

const maker: LaneMaker<TextInputs> = {
  async plan({ deps, context, stage: name, feedback }) {
    const stage = textStage(name);
    const chosen = await chooseText(deps);
    const variables = await stage.variables(context);
    const asked = renderMessages(await promptFor(context.manager, name, stage.template), variables);
    const messages = heed(asked, feedback);
    const maxTokens = stage.maxTokens(variables);
    const schema = stage.schema?.(variables);
    return {
      inputs: { chosen, variables, messages, maxTokens, ...(schema && { schema }) },
      model: chosen.model,
      inputHash: inputHash([name, chosen.model, messages, maxTokens, stage.temperature, schema]),
    };
  },

  async make(run, { inputs }) {
    const stage = textStage(run.stage);
    const { deps, claim } = run;
    const continued = await continuedText(run, inputs.chosen.continuation);
    const meter = deps.metrics?.text(run.stage, inputs.chosen.name);
    const writer = new TextWriter({
      log: deps.log,
      writer: claim,
      ...(continued && { continued }),
      ...(run.resets && { reason: run.resets }),
      ...(meter && { meter }),
      onStale: () => run.stop(new StoryreelError('Lane.Stale', `A newer attempt has taken over ${claim.lane}.`)),
    });
    if (continued) {
      writer.open();
      await keepTokens(run);
    }
    const tokens: Tokens = { input: 0, output: 0, estimated: true };
    let settled = false;
    try {
      meter?.asked();
      await providerCall(
        callOf('chat', run.claim, inputs.chosen),
        () => streamInto(writer, stage, run, inputs, tokens),
        tokens,
      ).finally(() => meter?.ended());
      const { text } = writer;
      const parsed = stage.parse(text, inputs.variables);
      const { sha256, bytes } = textHash(text);
      const result = await run.settle(
        { resultHash: sha256, text: { text, sha256, bytes } },
        async (context, settlement) => {
          await stage.save(context, parsed, { text, sha256, bytes }, settlement);
          await context.manager.insert(ModelUsage, usageRow(run, inputs, tokens, 0));
          const scenes = await stage.scenes?.(context);
          return scenes ? { scenes } : {};
        },
      );
      settled = true;
      return { sha256, bytes, ...result, writer };
    } finally {
      if (!settled) {
        // What came in the last moments may be gone on from.
        await writer.flush(LAST_FLUSH_MS);
        writer.close();
        await Promise.race([noteWaste(run, inputs, tokens), sleep(NOTE_WASTE_MS, undefined, { ref: false })]);
      }
    }
  },

  scenes: ({ stage, context }) => textStage(stage).scenes?.(context),
};

/** Streams the answer into the writer. Returns only when the provider has said that it is complete. */
async function streamInto(
  writer: TextWriter,
  stage: TextStage,
  run: LaneRun,
  { chosen, messages, maxTokens, schema }: TextInputs,
  tokens: Tokens,
): Promise<void> {
  const { config } = run.deps;
  const counters = Object.assign(run.counters, { pieces: 0, characters: 0 });
  const watchdog = new StreamWatchdog({
    firstTokenMs: config.FIRST_TOKEN_TIMEOUT_MS,
    interChunkMs: config.INTER_CHUNK_TIMEOUT_MS,
  });
  const signal = AbortSignal.any([run.signal, watchdog.signal]);
  let finish: Extract<TextChunk, { type: 'finish' }>['reason'] | undefined;
  try {
    // What there is already is the beginning of the answer, for the provider to go on from.
    const begun: ChatMessage[] = writer.text === '' ? [] : [{ role: 'assistant', content: writer.text }];
    const request = {
      messages: [...(run.unusable ? askAgain(messages, run.unusable.issues) : messages), ...begun],
      maxTokens,
      temperature: stage.temperature,
      ...(schema && { schema }),
    };
    const receive = (chunk: TextChunk): void => {
      watchdog.feed();
      switch (chunk.type) {
        case 'text':
          // Postgres cannot store the NUL character; a stray one from a model carries no meaning.
          writer.write(chunk.text.includes('\0') ? chunk.text.replaceAll('\0', '') : chunk.text);
          if (tokens.estimated) tokens.output += 1;
          counters.pieces += 1;
          counters.characters = writer.length;
          if (writer.length > config.MAX_TEXT_BYTES) {
            throw new StoryreelError(
              'Output.TooLong',
              `The answer is longer than MAX_TEXT_BYTES (${config.MAX_TEXT_BYTES}).`,
            );
          }
          return;
        case 'usage':
          tokens.input = chunk.inputTokens;
          tokens.output = chunk.outputTokens;
          tokens.estimated = false;
          return;
        case 'finish':
          finish = chunk.reason;
      }
    };
    await chosen.provider.stream(request, receive, signal);
    signal.throwIfAborted();
  } finally {
    watchdog.stop();
  }
  if (finish === undefined) {
    throw new StoryreelError('Stream.Cut', 'The stream ended without a finish reason: the answer is not complete.');
  }
  if (finish === 'length' && !stage.cutIsUsable) {
    // A repaired half of a JSON text would pass for a whole one.
    throw new UnusableOutput([`the answer was cut off after ${maxTokens} tokens: it must be shorter`]);
  }
  if (finish === 'filtered') {
    throw new StoryreelError(
      'Provider.BadRequest',
      "The provider's content filter stopped the answer. Change the topic or the prompt.",
    );
  }
}

function textStage(name: LaneRun['stage']): TextStage {
  const stage = stageDefinition(name);
  if (stage.kind !== 'text') throw new StoryreelError('Stage.Unknown', `The stage ${name} does not stream text.`);
  return stage;
}

function usageRow({ claim }: LaneRun, { chosen }: TextInputs, tokens: Tokens, wasted: number) {
  return {
    ...claim,
    provider: chosen.name,
    model: chosen.model,
    inputTokens: tokens.input,
    outputTokens: tokens.output,
    wastedTokens: wasted,
    estimated: tokens.estimated,
    cost: costOf(chosen.prices, tokens),
  };
}

function costOf(prices: ProviderPrices, { input, output }: Tokens): number | null {
  if (prices.inputPerMillion === undefined && prices.outputPerMillion === undefined) return null;
  return (input * (prices.inputPerMillion ?? 0) + output * (prices.outputPerMillion ?? 0)) / 1_000_000;
}

/** The text of the attempt before is gone on from, so its tokens were not wasted after all. */
async function keepTokens({ deps, claim, interrupted }: LaneRun): Promise<void> {
  const { projectId, lane } = claim;
  if (!interrupted) return;
  await deps.dataSource.manager.update(ModelUsage, { projectId, lane, fence: interrupted.fence }, { wastedTokens: 0 });
}

/** What a failed attempt cost is counted, but must not hide why it failed. */
async function noteWaste(run: LaneRun, inputs: TextInputs, tokens: Tokens): Promise<void> {
  if (tokens.output === 0 && tokens.input === 0) return;
  await run.deps.dataSource
    .createQueryBuilder()
    .insert()
    .into(ModelUsage)
    .values(usageRow(run, inputs, tokens, tokens.output))
    .orIgnore()
    .execute()
    .catch((error: Error) => run.deps.logger.warn({ err: error.message, lane: run.claim.lane }, 'waste not counted'));
}
