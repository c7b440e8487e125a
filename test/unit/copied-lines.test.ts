import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import type { Cli } from '../../src/cli/cli';
import { createProgram } from '../../src/cli/program';
import { filesBelow, projectRoot } from '../architecture/project-files';

/** Each line of the command line that the page shows, or has copied, as it is written in its code. */
const lines = filesBelow('web').flatMap((file) =>
  [...readFileSync(join(projectRoot, file), 'utf8').matchAll(/\bstoryreel ([a-z-]+)([^\n'`"]*)/g)].map(
    ([, command = '', rest = '']) => ({ file, command, rest }),
  ),
);

// Only read, never run.
const program = createProgram({ screen: {}, say: () => undefined } as unknown as Cli);

test('the page has such lines', () => {
  expect(lines.length).toBeGreaterThan(10);
});

test.each(lines.map(({ file, command, rest }) => [`${command}${rest}`, file, command, rest] as const))(
  'there is a command for: storyreel %s',
  (_, __, command, rest) => {
    const found = program.commands.find((each) => each.name() === command || each.aliases().includes(command));
    expect(found?.name()).toBeDefined();
    const sub = (found?.commands ?? []).find((each) => each.name() === /^ ([a-z]+)/.exec(rest)?.[1]);
    if ((found?.commands ?? []).length > 0) expect(sub).toBeDefined();
    const known = optionsOf(sub ?? found);
    for (const [flag] of rest.matchAll(/--[a-z-]+/g)) expect(known).toContain(flag);
  },
);

function optionsOf(command: Command | undefined): (string | undefined)[] {
  return (command?.options ?? []).map(({ long }) => long ?? undefined);
}
