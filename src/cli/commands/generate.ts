import type { Command } from 'commander';
import type { NewProject, StoryClient } from '../../client';
import { defined, StoryreelError, type ProjectId, type StageName } from '../../protocol';
import { addStage, amount, projectArgument, readTopic, refuseOptionsOfNew, wholeNumber } from '../arguments';
import { withClient, type Cli } from '../cli';
import { settingsIn } from '../edit-flags';
import { exitCodesHelp } from '../exit-codes';
import { startAndFollow } from '../start-and-follow';

interface Flags extends NonNullable<NewProject['settings']> {
  readonly name?: string;
  readonly owner?: string;
  readonly budget?: number;
  readonly project?: string;
  readonly gate?: readonly StageName[];
  readonly replaceEdits?: boolean;
  readonly detach?: boolean;
  readonly json?: boolean;
}

const EXAMPLES = `
Examples:
  storyreel generate "a lighthouse keeper who collects storms"
  echo "the last bus of the night" | storyreel generate - --scenes 3 --json
  storyreel generate "a fox in the snow" --detach
  storyreel generate --project 0b2c8a52-3f0e-4c55-9d0c-0d2a4b1f6a11

Where no person sits at the terminal, it ends with 4 as soon as a lane needs attention; the run waits in Temporal.`;

export function addGenerate(program: Command, cli: Cli): void {
  program
    .command('generate')
    .summary('make a film of a topic and show it as it is made')
    .description('Makes a film of a topic and shows it as it is made. Ctrl-C leaves the run going.')
    .argument('[topic]', 'what the film is about; - reads it from standard input')
    .option('--scenes <n>', 'how many scenes the story has (default: 5)', wholeNumber)
    .option('--style <words>', 'how the pictures look')
    .option('--language <tag>', 'the language of the story, such as de or pt-BR (default: that of the topic)')
    .option('--frame <ratio>', 'the form of the pictures, such as 9:16, 1:1 or 720x1280')
    .option('--name <name>', 'a name for the project (default: the beginning of the topic)')
    .option('--owner <owner>', 'whose project it is')
    .option('--budget <amount>', 'what it may cost, in the currency of the prices', amount)
    .option('--project <id>', 'continue an existing project, instead of a topic')
    .option('--gate <stage>', 'wait after this stage for "storyreel approve"; may be given again', addStage)
    .option('--replace-edits', 'also where it replaces what a person has written')
    .option('--detach', 'start it, print the project id, and return')
    .option('--json', 'print one JSON event a line and nothing else')
    .addHelpText('after', EXAMPLES + '\n' + exitCodesHelp())
    .action(async (topic: string | undefined, flags: Flags) => {
      cli.exitCode = await generate(cli, topic, flags);
    });
}

async function generate(cli: Cli, topic: string | undefined, flags: Flags): Promise<number> {
  if ((topic === undefined) === (flags.project === undefined)) {
    throw new StoryreelError('Project.Invalid', 'Give a topic in quotes, or --project with an id; one of the two.');
  }
  const known = flags.project === undefined ? undefined : projectArgument(flags.project);
  if (known) refuseOptionsOfNew(flags);
  const text = topic === undefined ? '' : await readTopic(topic, cli.stdin);
  const signal = cli.interrupted();
  return withClient(cli, async ({ client, config }) => {
    const projectId = known ?? (await create(client, text, flags));
    if (known && flags.budget !== undefined) await client.setBudget(known, flags.budget);
    const { gate: gates, replaceEdits } = flags;
    const options = { join: true, ...defined({ gates, replaceEdits }) };
    return startAndFollow(cli, { client, config }, projectId, { options, ...flags, signal });
  });
}

function create(client: StoryClient, topic: string, flags: Flags): Promise<ProjectId> {
  const { name, owner, budget } = flags;
  return client.create({ topic, ...defined({ name, owner, budget }), settings: settingsIn(flags) });
}
