import type { Command } from 'commander';
import { GRACE_SECONDS, projectIdOfWorkflow, type ReconcileReport } from '../../protocol';
import { wholeNumber } from '../arguments';
import { withClient, type Cli } from '../cli';
import { exitCodesHelp } from '../exit-codes';
import { oneLine } from '../render';

const HELP = `
A schedule in Temporal does the same every RECONCILE_MINUTES. A project whose run is open is not closed, and no file is removed
that was stored within the last hour.

Examples:
  storyreel reconcile
  storyreel reconcile --grace 0`;

export function addReconcile(program: Command, cli: Cli): void {
  program
    .command('reconcile')
    .summary('repair rows that differ from Temporal')
    .description(
      'Closes projects whose rows are in an open status while Temporal has no run of them, removes media that nothing refers to, ' +
        'and reports what it found. A worker does the work.',
    )
    .option(
      '--grace <seconds>',
      'leave alone what has changed within so many seconds',
      wholeNumber,
      GRACE_SECONDS.runs as number,
    )
    .option('--json', 'print one JSON object a line')
    .addHelpText('after', HELP + '\n' + exitCodesHelp())
    .action(async ({ grace, json = false }: { grace: number; json?: boolean }) => {
      const report = await withClient(cli, ({ client }) => client.reconcile({ graceSeconds: grace }));
      const lines = json ? [JSON.stringify(report)] : reportLines(report);
      cli.screen.write(`${lines.join('\n')}\n`);
    });
}

function reportLines({ runs, media }: ReconcileReport): string[] {
  const { repaired, failed, strays } = runs;
  return [
    `${runs.looked} projects show an open run: ${runs.live} have one, ${repaired.length} were repaired, ${runs.fresh} have just changed`,
    ...repaired.map(({ projectId, was, now, why }) => `  ${projectId}  ${was} → ${now}: ${oneLine(why)}`),
    ...(failed.length > 0 ? [`${failed.length} could not be repaired now:`] : []),
    ...failed.map(({ projectId, was, why }) => `  ${projectId}  ${was}: ${oneLine(why)}`),
    ...(strays.length > 0 ? [`${strays.length} workflows run without a project in this database; to end one:`] : []),
    ...strays.map((workflowId) => `  storyreel cancel ${projectIdOfWorkflow(workflowId) ?? workflowId}`),
    `${media.files} media files: ${media.removed} without a row removed (${media.removedBytes} bytes), ${media.removedDrafts} drafts removed`,
    ...(media.missing > 0 ? [`${media.missing} rows have no file: check MEDIA_DIR, or make them again`] : []),
    ...(runs.waitingJobs > 0 ? [`${runs.waitingJobs} paid video jobs wait for a new start of their project`] : []),
  ];
}
