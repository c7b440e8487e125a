import type { Readable } from 'node:stream';
import type { StoryClient } from '../client';
import type { Config } from '../config';
import { loaded } from './loaded';
import { JsonRenderer, LiveRenderer, PlainRenderer, type Renderer, type Screen } from './render';

/** The services that a command uses. */
export interface Cli {
  readonly screen: Screen;
  /** A line on standard error, for people: notes and failures, never results. */
  readonly note: (line: string) => void;
  readonly stdin: Readable;
  /** Throws `Config.Invalid`. Read when it is needed, so that help works with any environment. */
  readonly config: () => Config;
  /**
   * From the first call on, Ctrl-C and SIGTERM fire this instead of ending the process; a second one ends the process
   * at once.
   */
  readonly interrupted: () => AbortSignal;
  exitCode: number;
}

/** Connects, runs and closes, whatever happens. */
export async function withClient<T>(
  cli: Cli,
  use: (at: { readonly client: StoryClient; readonly config: Config }) => Promise<T>,
): Promise<T> {
  const config = cli.config();
  const tracing = await loaded.telemetry.startTracing(config, 'storyreel-cli');
  try {
    const client = await loaded.client.StoryClient.connect(config, { by: 'cli' });
    try {
      return await use({ client, config });
    } finally {
      await client.close();
    }
  } finally {
    await tracing?.close();
  }
}

/** The renderer for who reads: a program, a person at a terminal, or a log. */
export function chooseRenderer(cli: Pick<Cli, 'screen' | 'note'>, json: boolean): Renderer {
  if (json) return new JsonRenderer(cli.screen, cli.note);
  return cli.screen.interactive ? new LiveRenderer(cli.screen) : new PlainRenderer(cli.screen, cli.note);
}
