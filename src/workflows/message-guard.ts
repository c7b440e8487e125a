import { setDefaultSignalHandler, type WorkflowInterceptors } from '@temporalio/workflow';
import { boundedLine } from '../protocol';

/** Names that begin so are Temporal's own: its SDK fails the workflow's task on one that it does not know. */
const RESERVED = '__temporal_';
const MOST_NAME_BYTES = 100;

/** A reserved name becomes one that nobody listens to. */
export function interceptors(): WorkflowInterceptors {
  return {
    internals: [
      {
        activate: (input, next) => {
          for (const { signalWorkflow } of input.activation.jobs ?? []) {
            const name = signalWorkflow?.signalName;
            if (signalWorkflow && name?.startsWith(RESERVED)) signalWorkflow.signalName = `reserved ${name}`;
          }
          next(input);
        },
      },
    ],
  };
}

/** A signal that nobody listens to leaves a line, and does nothing. Updates and queries of that kind are refused by the SDK. */
export function noteUnknownSignals(say: (line: string) => void): void {
  setDefaultSignalHandler((name) => say(`There is no signal "${boundedLine(name, MOST_NAME_BYTES)}".`));
}
