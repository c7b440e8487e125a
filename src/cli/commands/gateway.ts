import { once } from 'node:events';
import type { Command } from 'commander';
import type { Cli } from '../cli';
import { loaded } from '../loaded';

const HELP = `
On SIGTERM or Ctrl-C it takes no more viewers and lets those that are there go in waves; they continue at another gateway. Logs
are JSON lines on standard error. docs/http.md has a command for each task.

Example:
  GATEWAY_ADDRESS=127.0.0.1:8787 storyreel gateway`;

export function addGateway(program: Command, cli: Cli): void {
  program
    .command('gateway')
    .summary('serve everything over HTTP')
    .description('Serves the whole API of the client over HTTP until it is stopped.')
    .addHelpText('after', HELP)
    .action(async () => {
      const config = cli.config();
      const interrupted = cli.interrupted();
      const gateway = await loaded.gateway.runGateway(config, loaded.logger.createLogger(config.LOG_LEVEL, 'gateway'));
      cli.screen.write(`${gateway.url}\n`);
      if (!interrupted.aborted) await once(interrupted, 'abort');
      await gateway.stop();
    });
}
