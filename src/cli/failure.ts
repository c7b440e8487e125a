import { CommanderError } from 'commander';
import { FAILURES, StoryreelError } from '../protocol';
import { EXIT_CODES } from './exit-codes';

export interface Failure {
  /** One line for a person; empty where the command line's parser has said it all. */
  readonly message: string;
  /** What to do, where the message itself names no command. */
  readonly hint?: string;
  readonly code: number;
}

/** How an error ends the command: what to say, and the exit code. */
export function failureOf(error: unknown): Failure {
  // Help and version leave the parser as errors too, with 0.
  if (error instanceof CommanderError) {
    return { message: '', code: error.exitCode === 0 ? EXIT_CODES.ok.code : EXIT_CODES.usage.code };
  }
  if (error instanceof StoryreelError) {
    const { message, hint } = error;
    const { exitCode: code } = FAILURES[error.type];
    // What is wrong with a command line is said by field; who reads it has nothing else to do.
    return code === EXIT_CODES.usage.code || message.includes('storyreel ')
      ? { message, code }
      : { message, hint, code };
  }
  const text = error instanceof Error ? error.message || error.name : String(error);
  return { message: text.split('\n')[0] ?? '', code: EXIT_CODES.failed.code };
}
