import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { InvalidArgumentError, Option, type Command } from 'commander';
import type { BatchView, NewProject, StoryClient, StoryPriority } from '../../client';
import { defined, MAX_IN_BATCH, PRIORITIES, StoryreelError, TEXT_BYTES, type StageName } from '../../protocol';
import { addStage, readText, refuseOptionsOfNew, wholeNumber } from '../arguments';
import { withClient, type Cli } from '../cli';
import { settingsIn } from '../edit-flags';
import { EXIT_CODES, exitCodesHelp } from '../exit-codes';
import { BatchProgress } from '../render';

interface Flags extends NonNullable<NewProject['settings']> {
  readonly atMost: number;
  readonly id?: string;
  readonly owner?: string;
  readonly priority?: StoryPriority;
  readonly onFailure?: 'park' | 'fail';
  readonly stage?: readonly StageName[];
  readonly gate?: readonly StageName[];
  readonly replaceEdits?: boolean;
  readonly keepSettings?: boolean;
  readonly detach?: boolean;
  readonly json?: boolean;
}

/** More is refused by the number of topics, or by their length. */
const MAX_INPUT_BYTES = (MAX_IN_BATCH + 2) * (TEXT_BYTES.topic + 2);

const EXAMPLES = `
Examples:
  storyreel batch topics.txt --at-most 3
  storyreel batch topics.txt --id spring --owner ada
  storyreel batch --id spring
  storyreel batch topics.txt --id summer --stage rewrite --stage storyboard
  storyreel cancel batch-spring

A line of the file is a topic; empty lines, and those that begin with #, are left out. The same --id again continues the batch.
A topic that the batch has is not made twice. What has failed, was cancelled or lacks a stage gets another turn.
If no person sits at the terminal, it ends with 4 when everything that is left needs attention.`;

export function addBatch(program: Command, cli: Cli): void {
  program
    .command('batch')
    .summary('make a film of each topic in a file')
    .description('Makes a film of each line of a file, in order, so many at once. Ctrl-C leaves the batch going.')
    .argument('[file]', 'one topic a line; - reads standard input; without it, --id continues a batch')
    .option('--at-most <n>', 'how many projects are worked on at once', wholeNumber, 3)
    .option('--id <name>', 'a name for the batch; the same name again continues it (default: a random one)')
    .option('--owner <owner>', 'whose projects they are')
    .option('--scenes <n>', 'how many scenes each story has (default: 5)', wholeNumber)
    .option('--style <words>', 'how the pictures look')
    .option('--language <tag>', 'the language of the story, such as de or pt-BR (default: that of the topic)')
    .option('--frame <ratio>', 'the form of the pictures, such as 9:16, 1:1 or 720x1280')
    .option('--priority <n>', 'from 1, served first, to 5 (default: 3)', priorityArgument)
    .addOption(new Option('--on-failure <what>', 'what a lane does whose retries are spent').choices(['park', 'fail']))
    .option('--stage <stage>', 'only this stage of each film; may be given again', addStage)
    .option(
      '--gate <stage>',
      'wait after this stage of each film for "storyreel approve"; may be given again',
      addStage,
    )
    .option('--replace-edits', 'also where it replaces what a person has written')
    .option('--keep-settings', 'each film with the models and the frame size of its last run')
    .option('--detach', 'start it, print its id, and return')
    .option('--json', 'print one JSON object a line and nothing else')
    .addHelpText('after', EXAMPLES + '\n' + exitCodesHelp())
    .action(async (file: string | undefined, flags: Flags) => {
      cli.exitCode = await batch(cli, file, flags);
    });
}

async function batch(cli: Cli, file: string | undefined, flags: Flags): Promise<number> {
  const { atMost, id, priority, onFailure, stage, gate, replaceEdits, keepSettings, json = false } = flags;
  if (file === undefined && id === undefined) {
    throw new StoryreelError(
      'Project.Invalid',
      'Give a file with a topic in each line, or --id of a batch to continue.',
    );
  }
  if (file === undefined) refuseOptionsOfNew(flags);
  const projects = file === undefined ? [] : await projectsIn(file === '-' ? cli.stdin : createReadStream(file), flags);
  if (file !== undefined && projects.length === 0) {
    throw new StoryreelError('Project.Invalid', `There is no topic in ${file === '-' ? 'standard input' : file}.`);
  }
  const signal = cli.interrupted();
  return withClient(cli, async ({ client }) => {
    const chosen = { batchId: id, priority, onFailure, stages: stage, gates: gate, replaceEdits, keepSettings };
    const options = { atMost, ...defined(chosen) };
    const { batchId, workflowId } = await client.batch(projects, options);
    if (flags.detach) {
      cli.screen.write(`${json ? JSON.stringify({ batch_id: batchId, workflow_id: workflowId }) : batchId}\n`);
      return EXIT_CODES.ok.code;
    }
    const progress = new BatchProgress(cli.screen, json);
    const stopsForPeople = json || !cli.screen.interactive;
    const last = await follow(client, batchId, progress, { signal, stopsForPeople });
    if (last) {
      progress.close(last);
      return codeOf(last);
    }
    cli.note('The batch continues without this window.');
    cli.note(`  see it again   storyreel batch --id ${batchId}`);
    cli.note(`  end it         storyreel cancel ${workflowId}`);
    return EXIT_CODES.interrupted.code;
  });
}

/** Undefined if the person has left. */
async function follow(
  client: StoryClient,
  batchId: string,
  progress: BatchProgress,
  { signal, stopsForPeople }: { readonly signal: AbortSignal; readonly stopsForPeople: boolean },
): Promise<BatchView | undefined> {
  for await (const view of client.watchBatch(batchId, { signal })) {
    if (signal.aborted) break;
    progress.show(view);
    const { queued = 0, processing = 0, needs_attention = 0, awaiting_approval = 0, paused = 0 } = view.counts;
    // A batch whose stories have all ended ends a moment later.
    const waitsForPeople = queued + processing === 0 && needs_attention + awaiting_approval + paused > 0;
    if (!view.running || (stopsForPeople && waitsForPeople)) return view;
  }
  return undefined;
}

function codeOf({ counts, projects }: BatchView): number {
  const { completed = 0, failed = 0, cancelled = 0, queued = 0, draft = 0 } = counts;
  if (failed + cancelled + queued + draft > 0) return EXIT_CODES.failed.code;
  return completed < projects.length ? EXIT_CODES.parked.code : EXIT_CODES.ok.code;
}

/** Throws `Project.Invalid` if the file cannot be read. */
async function projectsIn(source: Readable, flags: Flags): Promise<NewProject[]> {
  const text = await readText(source, MAX_INPUT_BYTES).catch((cause: NodeJS.ErrnoException) => {
    throw new StoryreelError('Project.Invalid', `The topics cannot be read (${cause.code}).`, { cause });
  });
  const topics = text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  const { owner } = flags;
  return topics.map((topic) => ({ topic, settings: settingsIn(flags), ...defined({ owner }) }));
}

function priorityArgument(text: string): StoryPriority {
  const priority = PRIORITIES.find((each) => String(each) === text);
  if (!priority) throw new InvalidArgumentError('It must be a whole number from 1 to 5.');
  return priority;
}
