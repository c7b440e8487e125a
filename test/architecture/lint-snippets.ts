import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { projectRoot } from './project-files';

export interface Snippet {
  readonly file: string;
  readonly text: string;
}

interface Linted {
  /** What each part of src may import. */
  readonly arrows: Readonly<Record<string, readonly string[]>>;
  /** The rules of a file of src, types and all. */
  readonly rules: Readonly<Record<string, unknown>>;
  /** For each snippet, in the order given. */
  readonly messages: readonly (readonly { readonly ruleId: string | null; readonly line: number }[])[];
}

/** What lint says of each text if it were the whole of its file. */
export function lintSnippets(snippets: readonly Snippet[]): Linted {
  const answer = execFileSync(process.execPath, [join(__dirname, 'lint-stdin.mjs')], {
    cwd: projectRoot,
    input: JSON.stringify(snippets),
    encoding: 'utf8',
  });
  return JSON.parse(answer) as Linted;
}
