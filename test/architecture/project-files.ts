import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

export const projectRoot = resolve(__dirname, '..', '..');

const MADE = new Set(['node_modules', 'dist', '.storyreel', '.git']);

export function projectFile(path: string): string {
  return readFileSync(join(projectRoot, path), 'utf8');
}

/** Every file below a folder of the project that a person wrote, by its path in the project. */
export function filesBelow(folder: string): string[] {
  return readdirSync(join(projectRoot, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return MADE.has(entry.name) ? [] : filesBelow(path);
    return entry.isFile() ? [path] : [];
  });
}

export interface LintMessage {
  readonly ruleId: string | null;
  readonly line: number;
  readonly message: string;
}

interface Linted {
  readonly arrows: Readonly<Record<string, readonly string[]>>;
  /** For each snippet, in the order given. */
  readonly messages: readonly (readonly LintMessage[])[];
}

/** What lint says of each text if it were the whole of its file, and the arrows that the configuration allows. */
export function lintSnippets(snippets: readonly { file: string; text: string }[]): Linted {
  const script = join(__dirname, 'lint-snippets.mjs');
  const input = JSON.stringify(snippets);
  const answer = execFileSync(process.execPath, [script], { cwd: projectRoot, input, encoding: 'utf8' });
  return JSON.parse(answer) as Linted;
}

/** A file of a folder of src to import from elsewhere: its index, or its only entry. */
export function entryOf(folder: string): string {
  if (folder.endsWith('.ts')) return `./${folder.slice(0, -'.ts'.length)}`;
  return existsSync(join(projectRoot, 'src', folder, 'index.ts')) ? `./${folder}` : `./${folder}/main`;
}
