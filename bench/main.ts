import { writeFileSync } from 'node:fs';
import { Command, InvalidArgumentError } from 'commander';
import { check, printChecks } from './check';
import { Ground } from './harness/ground';
import { machine } from './harness/machine';
import { compare, PARTS, type Part } from './compare';
import { gaps } from './gaps/run';
import { GOALS, type Goal } from './gateway/goals/checks';
import { gatewayBench } from './gateway/run';
import { pageBench } from './page/run';

function whole(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('It must be a whole number from 1.');
  return value;
}

function share(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value <= 1)) throw new InvalidArgumentError('It must be above 0 and at most 1.');
  return value;
}

function someGoals(text: string): Goal[] {
  const names = text.split(',');
  const unknown = names.find((name) => !(GOALS as readonly string[]).includes(name));
  if (unknown !== undefined)
    throw new InvalidArgumentError(`There is no goal ${unknown}. There are: ${GOALS.join(', ')}.`);
  return GOALS.filter((goal) => names.includes(goal));
}

interface Options {
  readonly check?: true;
  readonly runs: number;
  readonly scale: number;
  readonly goals?: readonly Goal[];
  readonly out?: string;
  readonly paths?: string;
}

async function main(): Promise<void> {
  const program = new Command('bench')
    .description('Measures how tokens get from a provider to viewers: ours beside what people would use instead.')
    .argument(
      '[parts...]',
      `what is measured: ${PARTS.join(', ')}; all of it when none is named. gaps: how soon tokens come again after outages; gateway: viewers over HTTP; page: the live page in a browser`,
    )
    .option(
      '--check',
      'measure what is promised, of these parts, print each figure beside its limit; exit 1 if one falls short',
    )
    .option('--runs <n>', 'interleaved runs of each path; medians are given', whole, 5)
    .option(
      '--paths <names>',
      'only paths, or situations of gaps, whose names contain one of these words, comma separated',
    )
    .option('--scale <share>', 'of gateway: the share of viewers, stories and texts; below 1, a trial', share, 1)
    .option('--goals <names>', 'of gateway: only these goals, comma separated, as G2,G5', someGoals)
    .option('--out <file>', 'write the JSON there, too')
    .addHelpText('after', '\nJSON goes to standard output, progress to standard error. Method: bench/README.md.')
    .parse();
  const { check: checking, runs, scale, goals = GOALS, out, paths } = program.opts<Options>();
  const ofGaps = program.args[0] === 'gaps';
  const ofGateway = program.args[0] === 'gateway';
  const ofPage = program.args[0] === 'page';
  const unknown = (ofGaps || ofGateway || ofPage ? program.args.slice(1) : program.args).find(
    (part) => !(PARTS as readonly string[]).includes(part),
  );
  if (unknown) program.error(`bench: there is no part ${unknown}. There are: ${PARTS.join(', ')}`);
  const parts = (program.args.length > 0 ? program.args : PARTS) as readonly Part[];

  const note = (line: string) => process.stderr.write(`  ${line}\n`);
  const ground = await Ground.open(note);
  let stopping: Promise<void> | undefined;
  const close = () => (stopping ??= ground.close());
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      // Whatever still runs fails when its services are stopped.
      for (const failure of ['unhandledRejection', 'uncaughtException'] as const) process.on(failure, () => undefined);
      void close().finally(() => process.exit(130));
    });
  }
  try {
    const result = ofGaps
      ? await gaps(ground, { note, only: paths?.split(',') ?? [] })
      : ofGateway
        ? await gatewayBench(ground, { note, runs, scale, goals })
        : ofPage
          ? await pageBench(ground, { note })
          : checking
            ? await check(ground, { runs, note, parts: program.args as readonly Part[] })
            : await compare(ground, { parts, runs, note, only: paths?.split(',') ?? [] });
    const json = JSON.stringify(
      { date: new Date().toISOString().slice(0, 10), machine: machine(), ...result },
      null,
      2,
    );
    process.stdout.write(`${json}\n`);
    if (out !== undefined) writeFileSync(out, `${json}\n`);
    if (checking && 'checks' in result && !printChecks(result.checks, note)) process.exitCode = 1;
  } finally {
    await close();
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`bench: ${(error as Error).stack}\n`);
  process.exitCode = 1;
});
