import { ApplicationFailure, defineSignal, defineUpdate, log, patched, setHandler } from '@temporalio/workflow';
import {
  boundedLine,
  definesScenes,
  TEXT_BYTES,
  type LaneId,
  type MessageAnswer,
  type StoryMessage,
} from '../protocol';
import type { Gates } from './gates';
import { lacksInput, stopFence, type LaneRunner } from './lane-runner';
import type { LaneTable } from './lane-table';
import { noteUnknownSignals } from './message-guard';
import { readMessage, type MessageFields } from './read-input';
import type { SceneWatch } from './scene-watch';

export interface SteeredRun {
  readonly runId: string;
  readonly table: LaneTable;
  readonly runner: LaneRunner;
  readonly gates: Gates;
  readonly scenes: SceneWatch;
  /** A person has changed rows that lanes of this run may have been made from. */
  inputsChanged: boolean;
  /** Everything shall be checked again now, by a new run of the workflow. */
  replanRequested: boolean;
  /** The run is about to end or is being cancelled, so a message comes too late. */
  ending: boolean;
}

/** What a message would change, or why it changes nothing. */
type Effect = { readonly refusal: string } | { readonly apply: () => readonly LaneId[] };

type Effects = { readonly [M in StoryMessage]: (given: MessageFields) => Effect };

const DESCRIPTIONS: { readonly [M in StoryMessage]: string } = {
  pause: 'begins nothing new: {}, or stops at once what runs and keeps its text: {"now":true}',
  resume: 'continues the run where it was paused',
  retry: 'tries a lane that waits again: {"lane":"image_generation/3"}, or all of a stage: {"lane":"image_generation"}',
  skip: 'continues without a lane: {"lane":"camera_movement/2"}, or without all lanes of a stage that are not committed',
  cancelLane: 'stops a lane and keeps its text: {"lane":"rewrite"}; it waits for retry or skip then',
  approve: 'lets the run continue after a stage: {"gate":"storyboard"}',
  reject: 'makes a stage again, or one lane of it: {"gate":"storyboard","reason":"too dark"}',
  edited:
    'announces that rows of the project were changed: the lanes that depend on them are made again before the run ends',
};

/**
 * Takes messages from now on, whatever they contain. A signal that is stale, repeated, too long or malformed changes
 * nothing and leaves a line in the current details. An update of this kind is refused with that line.
 */
export function listen(run: SteeredRun): void {
  const effects = effectsOn(run);
  for (const name of Object.keys(effects) as StoryMessage[]) listenFor(name, effects[name], run);
  noteUnknownSignals((line) => run.table.setNote(line));
}

/** Messages that name lanes, and so mean scenes by their numbers. */
const NAMING: ReadonlySet<StoryMessage> = new Set<StoryMessage>(['retry', 'skip', 'cancelLane', 'reject']);

function listenFor(name: StoryMessage, effect: (given: MessageFields) => Effect, run: SteeredRun): void {
  const { table, runId, scenes } = run;
  const description = DESCRIPTIONS[name];
  /**
   * `isRefused`: whether what a change of the workflow refuses is refused. It returns false for a message that was
   * accepted before, by the validator or in an earlier release.
   */
  const evaluate = (argument: unknown, isRefused: (since: string) => boolean): Effect => {
    if (table.isOver) return { refusal: 'the run is over' };
    const message = readMessage(argument);
    if ('refusal' in message) return message;
    if (run.ending && isRefused('bounded-messages')) return { refusal: 'the run is ending' };
    if (message.fault && isRefused(message.fault.since)) return { refusal: message.fault.refusal };
    return effect(message.fields);
  };
  const apply = (outcome: Effect): MessageAnswer => {
    const lanes = 'apply' in outcome ? outcome.apply() : [];
    table.setNote('refusal' in outcome ? lineOf(name, outcome.refusal) : undefined);
    return { status: table.runStatus, lanes: table.namesOf(lanes), runId, fence: stopFence() };
  };
  // A person who names a lane during an edit may mean its new name.
  const mustWait = () => NAMING.has(name) && !scenes.isCurrent && !run.ending;
  const evaluateLater = async (argument: unknown): Promise<Effect> =>
    (await scenes.known())
      ? evaluate(argument, () => true)
      : { refusal: 'scenes were moved again meanwhile: see what the lane is called' };
  const onSignal = async (argument: unknown): Promise<void> => {
    const outcome = mustWait() ? await evaluateLater(argument) : evaluate(argument, patched);
    if ('refusal' in outcome) log.warn(lineOf(name, outcome.refusal));
    apply(outcome);
  };
  setHandler(defineSignal<[unknown]>(name), onSignal, { description });
  const onUpdate = async (argument: unknown): Promise<MessageAnswer> => {
    if (!mustWait()) return apply(evaluate(argument, () => false));
    const outcome = await evaluateLater(argument);
    if ('refusal' in outcome) throw refused(outcome.refusal);
    return apply(outcome);
  };
  setHandler(defineUpdate<MessageAnswer, [unknown]>(name), onUpdate, {
    description,
    validator: (argument) => {
      if (mustWait()) return;
      const outcome = evaluate(argument, () => true);
      if ('refusal' in outcome) throw refused(outcome.refusal);
    },
  });
}

function refused(reason: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(boundedLine(reason, TEXT_BYTES.note));
}

function lineOf(name: StoryMessage, refusal: string): string {
  return boundedLine(`${name} did nothing: ${refusal}`, TEXT_BYTES.note);
}

const NEEDS_LANE: Effect = { refusal: 'it needs {"lane":"…"}' };

function effectsOn(run: SteeredRun): Effects {
  const { table, runner, gates } = run;
  const replanIfChanged = (): void => {
    if (run.inputsChanged) run.replanRequested = true;
  };
  const set = (lanes: readonly LaneId[], status: 'pending' | 'skipped') => {
    for (const lane of lanes) table.set(lane, status);
    return lanes;
  };
  /**
   * Replans at once if a lane needs what the edit may have brought, or if scenes have moved; else before the run ends.
   */
  const replan = (): readonly LaneId[] => {
    const lacking = table.waiting.filter((lane) => lacksInput(table.error(lane)));
    const isAtRest = table.paused || table.gates.length > 0;
    if (lacking.length > 0 || (table.scenesMoved && !isAtRest)) run.replanRequested = true;
    return set(lacking, 'pending');
  };
  const openGate = (gate: string | undefined): { readonly refusal: string } | { readonly gate: string } => {
    if (gate === undefined) return { refusal: 'it needs {"gate":"…"}' };
    return table.gates.includes(gate) ? { gate } : { refusal: `${gate} does not wait for approval` };
  };
  return {
    pause: ({ now }) => {
      const running = now ? runner.underWay : [];
      if (table.paused && running.length === 0) return { refusal: 'the run is paused already' };
      return {
        apply: () => {
          table.setPaused(true);
          return runner.stop(running, 'paused');
        },
      };
    },
    resume: () => {
      if (!table.paused) return { refusal: 'the run is not paused' };
      return {
        apply: () => {
          table.setPaused(false);
          replanIfChanged();
          return [];
        },
      };
    },
    retry: ({ lane }) => {
      if (lane === undefined) return NEEDS_LANE;
      const lanes = table.named(lane, table.waiting);
      if (lanes.length === 0) return { refusal: `${lane} is not waiting for a retry` };
      return { apply: () => set(lanes, 'pending') };
    },
    skip: ({ lane }) => {
      if (lane === undefined) return NEEDS_LANE;
      const named = table.named(lane, table.presentLanes);
      if (named.length === 0) return { refusal: `there is no lane ${lane}` };
      if (named.some((each) => definesScenes(table.plan, each))) {
        return { refusal: `${lane} cannot be skipped: everything after it needs its scenes` };
      }
      const open = named.filter((each) => !['completed', 'skipped'].includes(table.status(each)));
      if (open.length === 0) return { refusal: `${lane} is settled or skipped already` };
      return {
        apply: () => {
          const running = open.filter((each) => runner.underWay.includes(each));
          set(open, 'skipped');
          runner.stop(running, 'skipped');
          // A running lane may commit at this moment; it is skipped when its activity has ended.
          for (const each of open) if (!runner.isBusy(each)) void runner.skip(each);
          return open;
        },
      };
    },
    cancelLane: ({ lane }) => {
      if (lane === undefined) return NEEDS_LANE;
      const begun = table.withStatus('processing', 'paused');
      const lanes = table.named(lane, begun);
      if (lanes.length === 0) return { refusal: `${lane} is not running` };
      return { apply: () => runner.stop(lanes, 'cancelled') };
    },
    approve: (given) => {
      const open = openGate(given.gate);
      if ('refusal' in open) return open;
      return {
        apply: () => {
          gates.decide(open.gate, { kind: 'approved' });
          replanIfChanged();
          return [];
        },
      };
    },
    reject: ({ reason, lane, version, ...given }) => {
      const open = openGate(given.gate);
      if ('refusal' in open) return open;
      const { gate } = open;
      if (reason === undefined) return { refusal: 'it needs {"reason":"…"}' };
      if (table.plan.some(({ name, kind }) => name === gate && kind === 'film')) {
        return { refusal: 'a film is joined from what there is: edit what is wrong, or cancel' };
      }
      const made = table.named(gate, table.presentLanes).filter((each) => table.status(each) === 'completed');
      const lanes = lane === undefined ? made : table.named(lane, made);
      if (lanes.length === 0) return { refusal: `${lane} is no settled lane of ${gate}` };
      return {
        apply: () => {
          gates.decide(gate, { kind: 'rejected', reason, lanes, ...(version !== undefined && { version }) });
          return lanes;
        },
      };
    },
    edited: () => ({
      apply: () => {
        run.inputsChanged = true;
        if (!patched('scenes-are-followed')) return replan();
        // The refresh ends after the edit's commit, so the run replans from what is stored.
        void run.scenes.refresh().then(replan);
        return [];
      },
    }),
  };
}
