import type { Command } from 'commander';
import type { Cli } from '../cli';
import { EXIT_CODES, exitCodesHelp } from '../exit-codes';
import { createStyle, type Style } from '../render';
import { loaded } from '../loaded';
import type { Finding } from '../services';

const EXAMPLES = `
Examples:
  storyreel doctor
  storyreel doctor --json`;

export function addDoctor(program: Command, cli: Cli): void {
  program
    .command('doctor')
    .summary('look at every service that is needed')
    .description('States for each service whether it is reachable, its version, and what to do if something is wrong.')
    .option('--json', 'print one JSON object a line')
    .addHelpText('after', EXAMPLES + '\n' + exitCodesHelp())
    .action(async ({ json = false }: { json?: boolean }) => {
      const findings = await loaded.services.examine(cli.config());
      const style = createStyle(cli.screen.color);
      for (const finding of findings) {
        cli.screen.write(`${json ? JSON.stringify(finding) : findingLines(finding, style)}\n`);
      }
      if (findings.some(({ ok }) => !ok)) cli.exitCode = EXIT_CODES.failed.code;
    });
}

function findingLines({ service, ok, address, version, detail, advice }: Finding, style: Style): string {
  const facts = [version, address, detail].filter((fact) => fact !== undefined).join(', ');
  const head = `${ok ? style.green('✓') : style.red('✗')} ${service.padEnd(9)} ${facts}`.trimEnd();
  return advice === undefined ? head : `${head}\n    ${advice}`;
}
