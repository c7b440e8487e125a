import type { Command } from 'commander';
import type { Cli } from '../cli';
import { loaded } from '../loaded';

const HELP = `
It is safe to run again, and from several places at once. Run it before a new version of the worker is started.

Example:
  DATABASE_URL=postgres://user:password@db:5432/storyreel storyreel migrate`;

export function addMigrate(program: Command, cli: Cli): void {
  program
    .command('migrate')
    .summary('bring the database and the Temporal namespace up to date')
    .description(
      'Applies the pending database migrations, registers the search attributes in the Temporal namespace, and schedules ' +
        'the reconciler there.',
    )
    .addHelpText('after', HELP)
    .action(async () => {
      const { migrations, searchAttributes, reconciler, newer } = await loaded.services.prepareServices(cli.config());
      if (newer) cli.screen.write(`${newer.detail}\n    ${newer.advice}\n`);
      for (const name of migrations) cli.screen.write(`applied migration ${name}\n`);
      for (const name of searchAttributes) cli.screen.write(`registered search attribute ${name}\n`);
      if (reconciler) cli.screen.write(`${reconciler} the schedule of the reconciler\n`);
      if (migrations.length + searchAttributes.length === 0 && !reconciler && !newer)
        cli.screen.write('Everything was up to date.\n');
    });
}
