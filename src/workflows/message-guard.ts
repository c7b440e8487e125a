import { setDefaultSignalHandler, type ActivateInput, type WorkflowInterceptors } from '@temporalio/workflow';
import { boundedLine } from '../protocol';

/** Names that begin so are Temporal's own: its SDK fails the workflow's task on one that it does not know. */
const RESERVED = '__temporal_';
const MAX_NAME_BYTES = 100;

/** More than any valid update needs, with its headers. The answers to all updates in progress fit into one task. */
const MAX_UPDATE_BYTES = 100_000;

/**
 * Removes, before the SDK sees them, jobs that would fail the workflow task whatever its handlers do. A signal of a
 * reserved name gets a name without a handler. The refusal of a very large update would contain the update, which is
 * more than Temporal takes. Such an update is removed, and the server then refuses it.
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

/** A replay does not check an update that was accepted before. */
function isTooLarge({ doUpdate }: Job): boolean {
  if (!doUpdate?.runValidator) return false;
  const payloads = [...(doUpdate.input ?? []), ...Object.values(doUpdate.headers ?? {})];
  const parts = payloads.flatMap(({ data, metadata }) => [data, ...Object.values(metadata ?? {})]);
  const bytes = parts.reduce((sum, part) => sum + (part?.byteLength ?? 0), doUpdate.name?.length ?? 0);
  return bytes > MAX_UPDATE_BYTES;
}

/** A signal without a handler leaves a line, and changes nothing. The SDK refuses such updates and queries. */
export function noteUnknownSignals(note: (line: string) => void): void {
  setDefaultSignalHandler((name) => note(`There is no signal "${boundedLine(name, MAX_NAME_BYTES)}".`));
}
