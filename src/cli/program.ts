import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Command } from 'commander';
import type { Cli } from './cli';
import { addAudit } from './commands/audit';
import { addBatch } from './commands/batch';
import { addBudget } from './commands/budget';
import { addCancel } from './commands/cancel';
import { addDelete } from './commands/delete';
import { addDoctor } from './commands/doctor';
import { addEdit } from './commands/edit';
import { addExplain } from './commands/explain';
import { addGateway } from './commands/gateway';
import { addGenerate } from './commands/generate';
import { addHealth } from './commands/health';
import { addKeys } from './commands/keys';
import { addLinks } from './commands/links';
import { addLogin } from './commands/login';
import { addMigrate } from './commands/migrate';
import { addReconcile } from './commands/reconcile';
import { addRun } from './commands/run';
import { addSessions } from './commands/sessions';
import { addStatus } from './commands/status';
import { addWatch } from './commands/watch';
import { addWorker } from './commands/worker';
import { boundedLine, TEXT_BYTES } from '../protocol';
import { exitCodesHelp } from './exit-codes';
import { addSteering } from './steering-commands';

const HELP = `
Examples:
  storyreel generate "a lighthouse keeper who collects storms"
  storyreel status
  storyreel doctor

Settings are read from the environment; see docs/configuration.md.
`;

/** The command line. The parser's errors are thrown, so that one place decides about the exit code. */
export function createProgram(cli: Cli): Command {
  const program = new Command('storyreel')
    .description('Turns a topic into a short film, and shows it as it is made.')
    .version(versionOf(__dirname), '-V, --version', 'show the version')
    // A command's own `--version` is its own.
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => cli.screen.write(text),
      writeErr: (text) => cli.note(text.trimEnd()),
      // The parser quotes what was typed, however long it is and whatever it does to a terminal.
      outputError: (text) => cli.note(boundedLine(text.replace(/^error: /, 'storyreel: '), TEXT_BYTES.message)),
    })
    .addHelpText('after', HELP + exitCodesHelp());
  for (const add of [
    addGenerate,
    addBatch,
    addWatch,
    addStatus,
    addCancel,
    addRun,
    addEdit,
    addExplain,
    addSteering,
    addBudget,
    addDelete,
    addReconcile,
    addWorker,
    addGateway,
    addAudit,
    addKeys,
    addSessions,
    addLinks,
    addLogin,
    addMigrate,
    addDoctor,
    addHealth,
  ]) {
    add(program, cli);
  }
  return program;
}

/** That of the package that a folder is in. */
function versionOf(folder: string): string {
  try {
    const read: unknown = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const { version } = read as { readonly version: string };
    return version;
  } catch (error) {
    if (dirname(folder) === folder) throw error;
    return versionOf(dirname(folder));
  }
}
