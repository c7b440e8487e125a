import type { Config } from '../../config';
import { defined, StoryreelError, type LaneResult, type LaneTask } from '../../protocol';
import type { ChatMessage, TextProvider } from '../../providers';
import { knownStages, planText, textHash, type TextPlan } from '../../planning';
import { askAgain, saveText, type TextChecks } from '../../stages';
import { TextWriter, type StreamMeter } from '../../stream';
import { bytesOf, mayBeCharged, tokensIn } from '../usage/call-cost';
import type { ActivityDeps } from '../deps';
import { continuedText, type Continued } from './continuation';
import { runLane, type LaneProducer, type LaneRun } from '../lanes/lane-run';
import { askProvider } from '../usage/provider-answer';
import { openText, type ResolvedProvider } from '../usage/provider-choice';
import { withoutQuotesOf } from '../usage/provider-words';
import { ReadyCall } from '../usage/ready-call';
import { withTimeout } from '../../with-timeout';
import { streamInto, type Tokens } from './text-stream';
import { roomFor } from './thinking-room';

interface TextInputs extends Pick<TextPlan, 'variables' | 'messages' | 'maxTokens' | 'schema'> {
  readonly chosen: ResolvedProvider<TextProvider>;
}

const LAST_FLUSH_MS = 500;
/** How long a hanging Postgres may delay an attempt that has failed, or a lane that another worker will continue. */
const NOTE_WASTE_MS = 1_000;

/** Runs any lane that streams text: the stage defines what is asked and how the answer is read. */
export function generateText(deps: ActivityDeps, task: LaneTask): Promise<LaneResult> {
  return runLane(deps, task, textProducer);
}

const textProducer: LaneProducer<TextInputs> = {
  async plan({ deps, context, stage: name, feedback }) {
    const plan = await planText(deps, context, name, feedback);
    return { ...plan, inputs: { ...plan, chosen: openText(deps, plan.choice) } };
  },

  async make(run, { inputs }) {
    const stage = run.context.stages.ofKind('text', run.stage);
    const { deps } = run;
    const continued = await continuedText(run, inputs.chosen.continuation);
    const messages = conversation(run, inputs, continued?.text);
    const sent = messages.map(({ content }) => content);
    const prompt = tokensIn(...sent);
    const paid = new ReadyCall(run, 'text', {
      chosen: inputs.chosen,
      most: { unit: 'token', input: bytesOf(messages), output: inputs.maxTokens + roomFor(inputs.chosen) },
      prompt,
      ...(continued?.paidBy !== undefined && { continuesFence: continued.paidBy }),
    });
    const meter = deps.metrics?.text(run.stage, inputs.chosen.name);
    const writer = openWriter(run, continued, meter);
    const tokens: Tokens = { unit: 'token', input: prompt, output: 0, estimated: true };
    try {
      await paid.make(() => {
        meter?.asked();
        return askProvider(run, { operation: 'chat', chosen: inputs.chosen, usage: tokens }, () =>
          streamInto({ ...inputs, run, stage, writer, messages }, tokens),
        )
          .finally(() => meter?.ended())
          .catch(withoutQuotesOf(...sent));
      });
      const { text } = writer;
      const parsed = stage.parse(text, inputs.variables, textChecks(deps.config));
      const { sha256, bytes } = textHash(text);
      const settled = { text, sha256, bytes };
      const known = stage.scenes && (await run.through(() => knownStages(deps)));
      const result = await run.settle(
        { resultHash: sha256, text: settled, ...defined({ known }) },
        async (context, settlement) => {
          await (stage.save
            ? stage.save(context, parsed, settled, settlement)
            : saveText(context, run.stage, settled, settlement));
          await paid.call.settle(context.manager, tokens, tokens.estimated);
          const scenes = await stage.scenes?.(context);
          return scenes ? { scenes } : {};
        },
      );
      return { sha256, bytes, ...result, writer };
    } catch (error) {
      if (paid.booked && mayBeCharged(error)) run.charged();
      // The next attempt may continue the last pieces, too.
      await writer.flush(LAST_FLUSH_MS);
      writer.close();
      const noted = paid.booked?.waste(error, tokens, tokens.estimated);
      if (noted) await withTimeout(noted, NOTE_WASTE_MS, undefined);
      throw error;
    }
  },

  scenes: ({ stage, context }) => context.stages.ofKind('text', stage).scenes?.(context),
};

function openWriter(run: LaneRun, continued: Continued | undefined, meter: StreamMeter | undefined): TextWriter {
  const { deps, claim } = run;
  const writer = new TextWriter({
    log: deps.log,
    writer: claim,
    ...(continued?.isInLog && { continued }),
    ...defined({ reason: run.resets, meter }),
    onStale: () => run.stop(new StoryreelError('Lane.Stale', `A newer attempt has taken over ${claim.lane}.`)),
  });
  // This happens even if the call is refused: the existing text then belongs to this attempt, and the next one can
  // continue it.
  if (continued?.isInLog) writer.open();
  else if (continued) writer.write(continued.text);
  return writer;
}

/**
 * The conversation with the model: the prompt, what was wrong with its last answer, and the beginning of this answer.
 */
function conversation(run: LaneRun, { messages }: TextInputs, begun: string | undefined): ChatMessage[] {
  return [
    ...(run.unusable && run.unusable.issues.length > 0 ? askAgain(messages, run.unusable.issues) : messages),
    ...(begun === undefined ? [] : [{ role: 'assistant' as const, content: begun }]),
  ];
}

function textChecks({ TEXT_CHECKS, SCENE_TOLERANCE, SCENE_MAX_SECONDS }: Config): TextChecks {
  return {
    refusal: TEXT_CHECKS.has('refusal'),
    length: TEXT_CHECKS.has('length'),
    repetition: TEXT_CHECKS.has('repetition'),
    script: TEXT_CHECKS.has('script'),
    markdown: TEXT_CHECKS.has('markdown'),
    ...(TEXT_CHECKS.has('scenes') && { sceneTolerance: SCENE_TOLERANCE }),
    maxSeconds: SCENE_MAX_SECONDS,
  };
}
