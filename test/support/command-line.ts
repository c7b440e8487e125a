import { Readable } from 'node:stream';
import type { Cli } from '../../src/cli/cli';
import { failureOf } from '../../src/cli/failure';
import { createProgram } from '../../src/cli/program';
import type { Screen } from '../../src/cli/render';
import type { Config } from '../../src/config';

/** A screen that keeps what is written to it. */
export function recordedScreen(form: Partial<Screen> = {}): Screen & { readonly text: string } {
  let text = '';
  return {
    write: (more) => void (text += more),
    interactive: false,
    color: false,
    columns: 80,
    rows: 24,
    ...form,
    get text() {
      return text;
    },
  };
}

interface Surroundings {
  readonly screen?: ReturnType<typeof recordedScreen>;
  /** What the command reads from standard input. */
  readonly input?: string;
  /** Ends the command as Ctrl-C would. */
  readonly leave?: AbortSignal;
}

/** `storyreel` in this process. It keeps what all its commands print, and the exit code of the last one. */
export class CommandLine implements Cli {
  readonly screen: ReturnType<typeof recordedScreen>;
  readonly stdin: Readable;
  readonly notes: string[] = [];
  readonly note = (line: string) => void this.notes.push(line);
  readonly interrupted: () => AbortSignal;
  exitCode = 0;

  constructor(
    readonly config: () => Config,
    { screen = recordedScreen(), input, leave = new AbortController().signal }: Surroundings = {},
  ) {
    this.screen = screen;
    this.stdin = Readable.from(input === undefined ? [] : [Buffer.from(input)]);
    this.interrupted = () => leave;
  }

  get stdout(): string {
    return this.screen.text;
  }

  get stderr(): string {
    return this.notes.join('\n');
  }

  /** Rejects with the failure of the command. */
  readonly run = async (...args: readonly string[]): Promise<void> => {
    await createProgram(this).parseAsync(args, { from: 'user' });
  };

  /** A failure is printed and sets the exit code, as `main.ts` does it. */
  readonly runToExit = async (...args: readonly string[]): Promise<void> => {
    try {
      await this.run(...args);
    } catch (error) {
      const { message, code } = failureOf(error);
      if (message !== '') this.note(`storyreel: ${message}`);
      this.exitCode = code;
    }
  };
}
