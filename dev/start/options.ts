import { Command, InvalidArgumentError, Option } from 'commander';
import { EXIT_CODES, wholeNumber } from '../../src/cli';
import { givenText, MAX_SCENES, TEXT_BYTES } from '../../src/protocol';

export interface StartOptions {
  /** Absent: continue an unfinished film, or make one of the sample topic. */
  readonly topic?: string;
  readonly once: boolean;
  readonly json: boolean;
  readonly fresh: boolean;
  readonly scenes?: number;
  readonly tokensPerSecond?: number;
  readonly localModel: boolean;
  readonly watch: boolean;
  readonly inspect: boolean;
}

const HELP = `
Without a topic it continues the newest unfinished film, or makes one of a sample topic. Everything that it needs and
makes lies in .storyreel in this folder, or in STORYREEL_STATE_DIR. With OPENAI_BASE_URL or OPENAI_API_KEY set, the text
comes from there; otherwise all comes from a stand-in provider on this machine.

Examples:
  npm start
  npm start -- "a lighthouse keeper who collects storms" --scenes 3
  npm start -- --once --json
  npm start -- --fresh --local-model

Exit codes: ${EXIT_CODES.ok.code} done, ${EXIT_CODES.failed.code} failed, ${EXIT_CODES.usage.code} wrong option or setting, ${EXIT_CODES.parked.code} (with --once) a lane needs attention, ${EXIT_CODES.mismatch.code} a shown text was not the stored one, ${EXIT_CODES.interrupted.code} stopped with Ctrl-C before the film was done.`;

/** Reads the command line. Throws commander's error for help and for what is wrong. */
export function readOptions(args: readonly string[]): StartOptions {
  const program = new Command('npm start --')
    .description('Starts all services on this machine, makes a film and shows it as it is made.')
    .argument('[topic]', 'what the film is about')
    .option('--once', 'end when the film is done', false)
    .option('--json', 'print one JSON event a line on standard output and nothing else', false)
    .option('--fresh', 'begin anew: delete all state but the films and the fetched programs', false)
    .option('--scenes <n>', 'how many scenes a new film has (default: 5)', scenes)
    .option('--tokens-per-second <n>', 'speed of the stand-in provider; 0 is no delay', wholeNumber)
    .option('--local-model', 'have a small real language model write the text (about 100 MB are fetched once)', false)
    .option('--inspect', 'let a debugger attach to the worker', false)
    .addOption(
      new Option('--watch', 'build again and restart worker and page when the code changes (npm run dev)')
        .default(false)
        .conflicts('once'),
    )
    .addHelpText('after', HELP)
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'npm start: ')) })
    .parse(args, { from: 'user' });
  const [given] = program.processedArgs as [string | undefined];
  if (given !== undefined) mustBeTopic(program, given);
  const flags = program.opts<Omit<StartOptions, 'topic'>>();
  return { ...flags, ...(given !== undefined && { topic: given }) };
}

/** Checked before anything is started. The topic itself may be far too long to be shown. */
function mustBeTopic(program: Command, text: string): void {
  const topic = givenText('The topic', text, TEXT_BYTES.topic);
  if ('refusal' in topic) program.error(`error: ${topic.refusal}. Describe in a sentence what the film is about.`);
}

function scenes(text: string): number {
  const count = wholeNumber(text);
  if (count < 1 || count > MAX_SCENES) throw new InvalidArgumentError(`It must be a number from 1 to ${MAX_SCENES}.`);
  return count;
}
