import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { runToEnd } from './run-to-end';
import { StackError } from './stack-error';
import type { Env, StackContext } from './stack-types';

/** Undefined when the program can do what is asked of it, else why not. */
export type Check = (program: string) => Promise<string | undefined>;

interface Search {
  /** The environment variable that may name the program; if it does, no other is looked at. */
  variable: string;
  /** Names on PATH, the first that can do what is asked is taken. */
  names: readonly string[];
  check: Check;
}

/** The program that the environment names or that PATH has. Throws `StackError` when the named one cannot be used. */
export async function findProgram(
  { env }: Pick<StackContext, 'env'>,
  { variable, names, check }: Search,
): Promise<string | undefined> {
  const named = env[variable];
  if (named) {
    const fault = await check(named);
    if (fault)
      throw new StackError(
        `${variable} names ${named}, which cannot be used: ${fault}`,
        `Correct or unset ${variable}`,
      );
    return named;
  }
  for (const name of names) {
    const program = onPath(name, env);
    if (program && !(await check(program))) return program;
  }
  return undefined;
}

export function onPath(name: string, env: Env): string | undefined {
  const folders = (env.PATH ?? '').split(delimiter).filter(Boolean);
  return folders.map((folder) => join(folder, name)).find(isExecutableFile);
}

export function isExecutableFile(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

/** A check that runs the program and wants these words in what it prints. */
export function prints(args: readonly string[], words: readonly string[], env: Env): Check {
  return async (program) => {
    const { exitCode, output } = await runToEnd(program, args, { env, boundMs: 10_000 });
    if (exitCode !== 0) return output.trim().split('\n').at(-1) || `it ended with ${exitCode ?? 'a signal'}`;
    const missing = words.filter((word) => !output.includes(word));
    return missing.length === 0 ? undefined : `it lacks ${missing.join(', ')}`;
  };
}
