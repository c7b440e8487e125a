import { Command } from 'commander';
import type { Cli } from './cli';
import { addCancel } from './commands/cancel';
import { addDelete } from './commands/delete';
import { addDoctor } from './commands/doctor';
import { addGenerate } from './commands/generate';
import { addMigrate } from './commands/migrate';
import { addStatus } from './commands/status';
import { addSteering } from './commands/steer';
import { addWatch } from './commands/watch';
import { addWorker } from './commands/worker';
import { exitCodesHelp } from './exit-codes';

const HELP = `
Examples:
  storyreel generate "a lighthouse keeper who collects storms"
  storyreel status
  storyreel doctor

Settings are read from the environment; see docs/configuration.md.
`;

/** The command line. Errors of the parser are thrown, so that one place decides about the exit code. */
export function createProgram(cli: Cli): Command {
  const program = new Command('storyreel')
    .description('Turns a topic into a short film, and shows it as it is made.')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => cli.screen.write(text),
      writeErr: (text) => cli.say(text.trimEnd().replace(/^error: /, 'storyreel: ')),
    })
    .addHelpText('after', HELP + exitCodesHelp());
  for (const add of [
    addGenerate,
    addWatch,
    addStatus,
    addCancel,
    addSteering,
    addDelete,
    addWorker,
    addMigrate,
    addDoctor,
  ]) {
    add(program, cli);
  }
  return program;
}
