import { CommanderError } from 'commander';
import { FAILURES, StoryreelError } from '../protocol';
import { EXIT_CODES } from './exit-codes';
import { oneLine } from './render';

export interface Failure {
  /** One line for a person; empty if the parser of the command line has printed everything. */
  readonly message: string;
  /** What to do, where the message itself names no command. */
  readonly hint?: string;
  readonly code: number;
}

/** The message and the exit code with which an error ends the command. */
export function failureOf(error: unknown): Failure {
  // Help and version leave the parser as errors too, with 0.
  if (error instanceof CommanderError) {
    return { message: '', code: error.exitCode === 0 ? EXIT_CODES.ok.code : EXIT_CODES.usage.code };
  }
  if (error instanceof StoryreelError) {
    const { hint } = error;
    const message = oneLine(error.message);
    const { exitCode: code } = FAILURES[error.type];
    // A fault of a command line is reported by field, which is all that its reader needs.
    return code === EXIT_CODES.usage.code || message.includes('storyreel ')
      ? { message, code }
      : { message, hint, code };
  }
  const text = error instanceof Error ? error.message || error.name : String(error);
  return { message: oneLine(text.split('\n')[0] ?? ''), code: EXIT_CODES.failed.code };
}
