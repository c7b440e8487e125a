import { setDefaultSignalHandler, type ActivateInput, type WorkflowInterceptors } from '@temporalio/workflow';
import { boundedLine } from '../protocol';

/** Names that begin so are Temporal's own: its SDK fails the workflow's task on one that it does not know. */
const RESERVED = '__temporal_';
const MOST_NAME_BYTES = 100;

/** Far beyond what any of our updates can say, and so little that the answers to all that are under way fit into a task's. */
const MOST_UPDATE_BYTES = 100_000;

/**
 * Takes out, before the SDK sees them, what would fail the workflow's task whatever its handlers do. A signal of a reserved name
 * becomes one that nobody listens to. An update that is too large would come back within its own refusal, which is more
 * than Temporal takes; one that is not looked at is refused by the server.
 */
export function interceptors(): WorkflowInterceptors {
  return {
    internals: [
      {
        activate: (input, next) => {
          const { activation } = input;
          activation.jobs = activation.jobs?.filter((job) => !isTooLarge(job)) ?? null;
          for (const { signalWorkflow } of activation.jobs ?? []) {
            const name = signalWorkflow?.signalName;
            if (signalWorkflow && name?.startsWith(RESERVED)) signalWorkflow.signalName = `reserved ${name}`;
          }
          next(input);
        },
      },
    ],
  };
}

type Job = NonNullable<ActivateInput['activation']['jobs']>[number];

/** Of an update that has been taken already, a replay asks no more. */
function isTooLarge({ doUpdate }: Job): boolean {
  if (!doUpdate?.runValidator) return false;
  const parts = (doUpdate.input ?? []).flatMap(({ data, metadata }) => [data, ...Object.values(metadata ?? {})]);
  const bytes = parts.reduce((sum, part) => sum + (part?.byteLength ?? 0), doUpdate.name?.length ?? 0);
  return bytes > MOST_UPDATE_BYTES;
}

/** A signal that nobody listens to leaves a line, and does nothing. Updates and queries of that kind are refused by the SDK. */
export function noteUnknownSignals(say: (line: string) => void): void {
  setDefaultSignalHandler((name) => say(`There is no signal "${boundedLine(name, MOST_NAME_BYTES)}".`));
}
