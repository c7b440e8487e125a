import fc from 'fast-check';
import type { Command } from 'commander';
import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { EXIT_CODES, type Cli } from '../../src/cli';
import { projectFile } from '../architecture/project-files';
import { createProgram } from '../../src/cli/program';
import { readConfig } from '../../src/config';
import { StoryreelError } from '../../src/protocol';
import { CommandLine } from '../support/command-line';

const ROOT = resolve(__dirname, '..', '..');
const MAIN = join(ROOT, 'dist', 'src', 'cli', 'main.js');
const PROJECT = '0b2c8a52-3f0e-4c55-9d0c-0d2a4b1f6a11';
const { version }: { version: string } = JSON.parse(projectFile('package.json'));
/** Lists what a program has loaded when it ends. */
const LISTING = `import { createRequire } from 'node:module';
const { cache } = createRequire('/');
process.on('exit', () => console.error(JSON.stringify(Object.keys(cache))));`;
const STEERING = ['pause', 'resume', 'retry', 'skip', 'approve', 'reject'];
const COMMANDS = [
  ...readdirSync(join(ROOT, 'src', 'cli', 'commands')).map((name) => name.replace('.ts', '')),
  ...STEERING,
];
/** Nothing listens there, so whatever connects fails. */
const NOWHERE = {
  TEMPORAL_ADDRESS: '127.0.0.1:1',
  DATABASE_URL: 'postgres://user:hidden-word@127.0.0.1:1/none',
  REDIS_URL: 'redis://:hidden-word@127.0.0.1:1',
  FFMPEG_PATH: '/no/such/ffmpeg',
};

interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command line in this process, up to where it would connect to something. */
async function parse(args: readonly string[], config: Cli['config'] = () => readConfig(NOWHERE)): Promise<Ran> {
  const shell = new CommandLine(config);
  await shell.runToExit(...args);
  return { code: shell.exitCode, stdout: shell.stdout, stderr: shell.stderr };
}

/** The command itself, as it is compiled. */
async function storyreel(args: readonly string[], env: Record<string, string> = {}): Promise<Ran> {
  const ran = promisify(execFile)(process.execPath, [MAIN, ...args], {
    env: { PATH: process.env.PATH, ...NOWHERE, ...env },
  });
  const { stdout, stderr } = await ran.catch((error: unknown) => error as { stdout: string; stderr: string });
  return { code: ran.child.exitCode, stdout, stderr };
}

it('has the version of the package', async () => {
  for (const option of ['--version', '-V']) {
    expect(await storyreel([option])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
  }
});

it('loads for its help nothing but the parser of the command line', async () => {
  const { stderr } = await storyreel(['--help'], {
    NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(LISTING)}`,
  });
  const files: readonly string[] = JSON.parse(stderr);
  const packages = new Set(files.map((file) => file.split('node_modules/')[1]?.split('/')[0]));
  expect([...packages].filter((name) => name !== undefined)).toEqual(['commander']);
});

it('lists every command and every exit code in its help', async () => {
  const { code, stdout } = await parse(['--help']);
  expect(code).toBe(0);
  for (const command of COMMANDS) expect(stdout).toMatch(new RegExp(`^  ${command} `, 'm'));
  for (const exit of Object.values(EXIT_CODES)) {
    expect(stdout).toMatch(new RegExp(`^  ${exit.code} +${exit.meaning}$`, 'm'));
  }
});

it.each(COMMANDS)('shows an example in the help of %s', async (command) => {
  const { code, stdout } = await parse([command, '--help']);
  expect(code).toBe(0);
  expect(stdout).toMatch(/Examples?:\n.*storyreel /);
});

describe('refuses with one line and exit code 2:', () => {
  it.each([
    ['an unknown command', ['make'], /unknown command 'make'/],
    ['an unknown option', ['status', '--bogus'], /unknown option '--bogus'/],
    ['no topic and no project', ['generate'], /Give a topic in quotes/],
    ['a topic and a project', ['generate', 'fox', '--project', PROJECT], /one of the two/],
    ['scenes of a project that is there', ['generate', '--project', PROJECT, '--scenes', '3'], /--scenes is for/],
    ['an owner of a batch that is there', ['batch', '--id', 'spring', '--owner', 'ann'], /--owner is for/],
    ['an amount that is too large', ['budget', PROJECT, '9'.repeat(20)], /below a billion/],
    ['days of another form', ['keys', 'create', 'web', '--expires', '1e3'], /number of days/],
    ['a lane without a scene', ['retry', PROJECT, 'film/'], /cannot be taken\. There is no lane "film\/".*[^.]\.$/],
    ['scenes that are no number', ['generate', 'fox', '--scenes', 'five'], /must be a whole number/],
    ['a cursor that is none', ['watch', PROJECT, '--from', 'now'], /must be the "id" of an event/],
    ['an unknown stage', ['watch', PROJECT, '--stage', 'sound'], /no stage "sound".*rewrite, storyboard.*film/],
    ['a lane of an unknown stage', ['retry', PROJECT, 'sound/1'], /no stage "sound"/],
    ['a batch without a file and a name', ['batch'], /Give a file .*, or --id/],
    ['a file of topics that is not there', ['batch', '/no/such/topics.txt'], /cannot be read \(ENOENT\)/],
    ['a file without a topic', ['batch', '-'], /no topic in standard input/],
    ['a priority that is none', ['batch', '-', '--priority', '6'], /must be a whole number from 1 to 5/],
    ['a gate after no stage', ['batch', '-', '--gate', 'sound'], /no stage "sound"/],
    ['a missing argument', ['cancel'], /missing required argument/],
  ])('%s', async (_, args, message) => {
    const { code, stdout, stderr } = await parse(args);
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/^storyreel: .*$/);
    expect({ code, stdout }).toEqual({ code: EXIT_CODES.usage.code, stdout: '' });
  });

  it('a setting', async () => {
    const { code, stderr } = await storyreel(['status'], { TEMPORAL_ADDRESS: 'nowhere' });
    expect(stderr).toMatch(/^storyreel: TEMPORAL_ADDRESS must be host:port.*\n$/);
    expect(code).toBe(EXIT_CODES.usage.code);
  });
});

it('takes a project by the id of its workflow, too, as Temporal shows it', async () => {
  const { stderr } = await parse(['status', `story-${PROJECT}`], () => {
    throw new StoryreelError('Config.Invalid', 'The arguments are in order.');
  });
  expect(stderr).toContain('in order');
});

it('makes no login link that leads to nothing', async () => {
  const { code, stdout, stderr } = await parse(['login', '--url', 'http://127.0.0.1:1']);
  expect({ code, stdout }).toEqual({ code: EXIT_CODES.failed.code, stdout: '' });
  expect(stderr).toContain('No gateway answers at http://127.0.0.1:1');
});

describe('Whatever is typed,', () => {
  const commands = createProgram({} as Cli).commands.flatMap(all);
  const texts = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom(
      '-',
      '--',
      '--help',
      '-1',
      '0.5',
      '1e999',
      '/',
      'a\0b',
      '\x1b[2J\n',
      '__proto__',
      'x'.repeat(9_999),
    ),
    fc.constantFrom(PROJECT, 'rewrite', 'film', 'image_generation/1', 'pause', 'list'),
  );
  const words = fc.constantFrom(...new Set(commands.flatMap((command) => [command.name(), ...optionsOf(command)])));
  const typed = fc.oneof(
    fc.array(texts, { maxLength: 6 }),
    fc.constantFrom(...commands).chain((command) => {
      const own = fc.constantFrom('--help', ...optionsOf(command));
      return fc.array(fc.oneof(own, texts, words), { maxLength: 7 }).map((rest) => [...pathTo(command), ...rest]);
    }),
  );
  /** Where a command would connect to something. */
  const settings = () => {
    throw new StoryreelError('Config.Invalid', 'The arguments are in order.');
  };
  const refused = [EXIT_CODES.usage.code, EXIT_CODES.notFound.code] as const;

  it('a command shows its help, reads its settings, or refuses with one line or its usage', async () => {
    await fc.assert(
      fc.asyncProperty(typed, async (args) => {
        const { code, stdout, stderr } = await parse(args, settings);
        if (code === EXIT_CODES.ok.code) expect([stdout, stderr]).toEqual([expect.stringMatching(/\w/), '']);
        else {
          expect(refused).toContain(code);
          expect(stderr).toMatch(/^(?:storyreel: \P{Cc}{1,2500}$|Usage: storyreel )/u);
          expect(stdout).toBe('');
        }
      }),
      { numRuns: 250 },
    );
  });

  function all(command: Command): readonly Command[] {
    return [command, ...command.commands.flatMap(all)];
  }

  function optionsOf({ options }: Command): string[] {
    return options.flatMap(({ short, long }) => [short, long].filter((each) => typeof each === 'string'));
  }

  /** The words that name it. */
  function pathTo(command: Command): string[] {
    return command.parent ? [...pathTo(command.parent), command.name()] : [];
  }
});

it.each([['status'], ['watch'], ['cancel'], ['delete']])(
  'states that there is no such project: %s',
  async (command) => {
    const { code, stderr } = await parse([command, 'my-film']);
    expect(stderr).toMatch(/^storyreel: There is no project "my-film".*$/);
    expect(code).toBe(EXIT_CODES.notFound.code);
  },
);

it('names the service that cannot be reached, without its password and without a stack', async () => {
  for (const { code, stderr } of await Promise.all(['status', 'worker', 'migrate'].map((name) => storyreel([name])))) {
    expect(stderr).toMatch(/^storyreel: (Temporal|Postgres) cannot be reached .*(TEMPORAL_ADDRESS|DATABASE_URL)/m);
    expect(stderr).not.toMatch(/hidden-word|\n\s+at /);
    expect(code).toBe(EXIT_CODES.failed.code);
  }
});

it('shows the stack of a failure where LOG_LEVEL is debug', async () => {
  expect((await storyreel(['migrate'], { LOG_LEVEL: 'debug' })).stderr).toMatch(/\n\s+at /);
});

it('doctor states for each service what to do, and fails', async () => {
  const { code, stdout } = await storyreel(['doctor', '--json'], { MEDIA_DIR: __filename });
  const findings = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  const services = ['temporal', 'postgres', 'redis', 'media', 'ffmpeg', 'text', 'image', 'video'];
  expect(findings.map(({ service }) => service)).toEqual(services);
  for (const { ok, advice } of findings) expect([ok, advice]).toEqual([false, expect.stringMatching(/\w/)]);
  expect(stdout).not.toContain('hidden-word');
  expect(code).toBe(EXIT_CODES.failed.code);
});

it('fails if its output cannot be written', async () => {
  const command = `"${process.execPath}" "${MAIN}" --help > /dev/full`;
  const failed: unknown = await promisify(execFile)('sh', ['-c', command]).catch((error: unknown) => error);
  expect(failed).toMatchObject({
    code: EXIT_CODES.failed.code,
    stderr: 'storyreel: The output cannot be written (ENOSPC).\n',
  });
});

it.each(['<&-', '>&-', '2>&-', '<&- >&- 2>&-', '| head -c 1 | wc -c'])('ends as it should with %s', async (shell) => {
  const command = `"${process.execPath}" "${MAIN}" --help ${shell}`;
  const odd = { TERM: '', COLUMNS: '1', LANG: 'C', NO_COLOR: '1' };
  await expect(
    promisify(execFile)('sh', ['-c', command], { env: { PATH: process.env.PATH, ...odd } }),
  ).resolves.toBeDefined();
});

it('ends quietly when its reader has gone', async () => {
  const command = `"${process.execPath}" "${MAIN}" --help | head -1`;
  const { stdout, stderr } = await promisify(execFile)('sh', ['-c', command], { env: { PATH: process.env.PATH } });
  expect(stdout.split('\n')).toHaveLength(2);
  expect(stderr).toBe('');
});
