import { CommanderError } from 'commander';
import { StoryreelError } from '../protocol';
import { EXIT_CODES } from './exit-codes';

export interface Failure {
  /** One line for a person; empty if the parser of the command line has printed everything. */
  readonly message: string;
  readonly code: number;
}

/** The message and the exit code with which an error ends the command. */
export function failureOf(error: unknown): Failure {
  // Help and version leave the parser as errors too, with 0.
  if (error instanceof CommanderError) {
    return { message: '', code: error.exitCode === 0 ? EXIT_CODES.ok.code : EXIT_CODES.usage.code };
  }
  if (error instanceof StoryreelError) return { message: error.message, code: codeOf(error) };
  const text = error instanceof Error ? error.message || error.name : String(error);
  return { message: text.split('\n')[0] ?? '', code: EXIT_CODES.failed.code };
}

function codeOf({ type }: StoryreelError): number {
  switch (type) {
    case 'Config.Invalid':
    case 'Project.Invalid':
    case 'Stage.Unknown':
      return EXIT_CODES.usage.code;
    case 'Batch.NotFound':
    case 'Project.NotFound':
      return EXIT_CODES.notFound.code;
    default:
      return EXIT_CODES.failed.code;
  }
}
