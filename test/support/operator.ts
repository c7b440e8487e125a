import { execFile } from 'node:child_process';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { projectFile } from '../architecture/project-files';
import { fromSetup } from './services';

const run = promisify(execFile);

export interface DocumentedCommand {
  readonly section: string;
  readonly line: string;
}

/** The lines of docs/operations.md that an operator can type: those that are indented as code. */
export function documentedCommands(): DocumentedCommand[] {
  let section = '';
  return projectFile('docs/operations.md')
    .split('\n')
    .flatMap((line) => {
      section = /^## (.+)$/.exec(line)?.[1] ?? section;
      const code = /^ {4}(\S.*)$/.exec(line)?.[1];
      return code === undefined ? [] : [{ section, line: code }];
    });
}

/** Types what docs/operations.md says, word for word, with the names of one story put in. */
export class Operator {
  /** `names`: what the doc calls something, and what it is called here. */
  constructor(private readonly names: Readonly<Record<string, string>>) {}

  /** Runs the one `temporal` command of the section that has `part` in it. Rejects with what it said where it fails. */
  async types(section: string, part: string): Promise<string> {
    const found = documentedCommands().filter(
      (command) => command.section === section && command.line.startsWith('temporal ') && command.line.includes(part),
    );
    if (found.length !== 1)
      throw new Error(`docs/operations.md has ${found.length} commands "${part}" in "${section}"`);
    const line = Object.entries(this.names).reduce((text, [name, here]) => text.replaceAll(name, here), found[0]!.line);
    const env = {
      PATH: `${dirname(fromSetup('STORYREEL_TEST_TEMPORAL_PROGRAM'))}:${process.env['PATH']}`,
      TEMPORAL_ADDRESS: fromSetup('STORYREEL_TEST_TEMPORAL_ADDRESS'),
      HOME: fromSetup('STORYREEL_TEST_FOLDER'),
    };
    const { stdout, stderr } = await run('sh', ['-c', line], { env, timeout: 20_000 });
    return stdout + stderr;
  }
}
