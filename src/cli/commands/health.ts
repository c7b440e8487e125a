import type { Command } from 'commander';
import { StoryreelError } from '../../protocol';
import type { Cli } from '../cli';
import { EXIT_CODES, exitCodesHelp } from '../exit-codes';

const ANSWER_MS = 5_000;

const HELP = `
It asks /healthz of METRICS_ADDRESS on this machine, with --ready /readyz, and prints the answer. A worker that waits for Redis,
Postgres or the schema is healthy and not ready: a restart would not help it.

Examples:
  METRICS_ADDRESS=0.0.0.0:9464 storyreel health
  METRICS_ADDRESS=0.0.0.0:9464 storyreel health --ready`;

export function addHealth(program: Command, cli: Cli): void {
  program
    .command('health')
    .summary('ask the worker on this machine whether it lives')
    .description('Asks the worker that shows its metrics at METRICS_ADDRESS whether it lives; 1 where it does not.')
    .option('--ready', 'whether it has all that it needs')
    .addHelpText('after', HELP + '\n' + exitCodesHelp())
    .action(async ({ ready = false }: { ready?: boolean }) => {
      const { METRICS_ADDRESS: address } = cli.config();
      if (address === undefined) {
        throw new StoryreelError('Config.Invalid', 'METRICS_ADDRESS is not set, and a worker answers nowhere else.');
      }
      const answer = await ask(
        `http://${address.replace(/^0\.0\.0\.0:/, '127.0.0.1:')}/${ready ? 'readyz' : 'healthz'}`,
      );
      cli.screen.write(answer.text);
      if (!answer.ok) cli.exitCode = EXIT_CODES.failed.code;
    });
}

async function ask(url: string): Promise<{ ok: boolean; text: string }> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(ANSWER_MS) });
    return { ok: response.ok, text: await response.text() };
  } catch {
    return { ok: false, text: `No worker answers at ${url}.\n` };
  }
}
