import type { Command } from 'commander';
import { defined, type ProjectId } from '../../protocol';
import { addNumber, numberOfSeconds, projectArgument, wholeNumber, wholeNumbers } from '../arguments';
import { withClient, type Cli } from '../cli';
import { editRequest, type EditFlags } from '../edit-flags';
import { exitCodesHelp } from '../exit-codes';

const ID = '0b2c8a52-3f0e-4c55-9d0c-0d2a4b1f6a11';

const EXAMPLES = `
Examples:
  storyreel edit ${ID} --scene 3 --narration "The sea is quiet." --camera zoom_in --speed slow
  storyreel edit ${ID} --order 3,1,2
  storyreel edit ${ID} --language de --frame 9:16
  storyreel edit ${ID} --add-scene --at 2 --narration "A gull comes." --visual-prompt "A gull above the lamp"
  storyreel edit ${ID} --rewrite story.txt
  storyreel edit ${ID} > story.json     (then change it, and give it back:)
  storyreel edit ${ID} --json story.json
  storyreel edit ${ID} --lane rewrite --text half.txt

The last one is for a run that is paused, parked or cancelled in mid-sentence: the model continues that text. Nothing is
made by an edit. "storyreel explain" shows what a run would make again; "storyreel run" makes it.`;

export function addEdit(program: Command, cli: Cli): void {
  program
    .command('edit')
    .summary('change a project by hand')
    .description('Changes a project by hand. Without options: prints all that can be edited, as JSON.')
    .argument('<project>', 'the project id')
    .option('--topic <words>', 'another topic')
    .option('--language <tag>', 'the language of the story, such as de; none: that of the topic')
    .option('--frame <ratio>', 'the form of the pictures, such as 9:16; none: the usual one')
    .option('--rewrite <file>', 'the whole story; - reads it from standard input')
    .option('--scene <n>', 'the scene to change, by its present number', wholeNumber)
    .option('--add-scene', 'a new scene')
    .option('--at <n>', 'its place (default: after the last one)', wholeNumber)
    .option('--narration <words>', 'the text that is spoken over the scene')
    .option('--visual-prompt <words>', 'what its picture shows')
    .option('--shot <type>', 'wide, medium, close_up, …')
    .option('--duration <seconds>', 'how long it is', numberOfSeconds)
    .option('--camera <movement>', 'how the camera moves: static, zoom_in, pan_left, …')
    .option('--speed <speed>', 'slow, medium or fast')
    .option('--remove-scene <n>', 'a scene that goes; may be given again', addNumber)
    .option('--order <numbers>', 'the scenes in another order, such as 3,1,2', wholeNumbers)
    .option('--lane <lane>', 'the half-written text that --text is for')
    .option(
      '--text <file>',
      'what the model shall continue, in place of a half-written text; - reads it from standard input',
    )
    .option('--json <file>', 'the changes as the JSON that is printed without options; - reads standard input')
    .option('--version <n>', 'refuse the edit where the project is at another version', wholeNumber)
    .option('--by <name>', 'who edits, for the record')
    .addHelpText('after', EXAMPLES + '\n' + exitCodesHelp())
    .action(async (project: string, flags: EditFlags) => {
      await edit(cli, projectArgument(project), flags);
    });
}

async function edit(cli: Cli, projectId: ProjectId, flags: EditFlags): Promise<void> {
  const request = await editRequest(flags, cli.stdin);
  await withClient(cli, async ({ client }) => {
    if (!request) {
      cli.screen.write(`${JSON.stringify(await client.editable(projectId), null, 2)}\n`);
      return;
    }
    const options = defined({ version: request.version, by: flags.by });
    const { version } = await client.edit(projectId, request.changes, options);
    cli.screen.write(`Version ${version}.\n`);
    cli.note(`  what a run would make of it   storyreel explain ${projectId}`);
  });
}
