import type { Command } from 'commander';
import { laneParts, type LaneId } from '../../protocol';
import { projectArgument, stageArgument } from '../arguments';
import { withClient, type Cli } from '../cli';
import { exitCodesHelp } from '../exit-codes';

const EXAMPLES = `
Examples:
  storyreel retry 0b2c8a52-3f0e-4c55-9d0c-0d2a4b1f6a11 image_generation/3
  storyreel retry 0b2c8a52-3f0e-4c55-9d0c-0d2a4b1f6a11 image_generation`;

export function addRetry(program: Command, cli: Cli): void {
  program
    .command('retry')
    .summary('have parked lanes tried again')
    .description('Has a lane that needs attention tried again, or all such lanes of a stage.')
    .argument('<project>', 'the project id')
    .argument('<lane>', 'a lane such as image_generation/3, or a stage')
    .addHelpText('after', EXAMPLES + '\n' + exitCodesHelp())
    .action(async (project: string, lane: string) => {
      const projectId = projectArgument(project);
      stageArgument(laneParts(lane as LaneId).stage);
      const lanes = await withClient(cli, ({ client }) => client.retry(projectId, lane));
      cli.screen.write(lanes.map((retried) => `${retried} is tried again\n`).join(''));
    });
}
