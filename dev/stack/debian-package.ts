import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { childEnv } from '../child-env';
import { identifySelf } from './process-identity';
import { runToEnd } from './run-to-end';
import { StackError } from './stack-error';
import type { StackContext } from './stack-types';

const BOUND_MS = 5 * 60_000;

/** The further needs of a package, beside the libraries that it names itself. */
interface Needs {
  readonly alsoNeeds?: RegExp;
  /** Includes the libraries of its libraries, for a minimal system that has none of them. */
  readonly all?: boolean;
}

/** Libraries of the system itself: another version beside them breaks programs. */
const OF_SYSTEM = /^lib(c6|c-bin|gcc-s1|stdc\+\+6|crypt1)$/;
const NOT_NEEDED = [
  '--no-recommends',
  '--no-suggests',
  '--no-conflicts',
  '--no-breaks',
  '--no-replaces',
  '--no-enhances',
];

/**
 * The folder with the files of Debian's package, and of the libraries that it needs directly, as they would be below
 * `/`. It is fetched with apt unless it exists. Nothing is installed: put `usr/lib/<architecture>-linux-gnu` on
 * LD_LIBRARY_PATH. The folder appears whole or not at all. Throws `StackError`.
 */
export async function debianPackage(
  { toolsDir, env, signal }: Pick<StackContext, 'toolsDir' | 'env' | 'signal'>,
  name: string,
  needs: Needs = {},
): Promise<string> {
  const target = join(toolsDir, `debian-${name}`);
  if (existsSync(target)) return target;
  const { pid, startedAt } = identifySelf();
  const partial = `${target}.partial-${pid}-${startedAt}`;
  const run = async (program: string, args: readonly string[], cwd = '.') => {
    // It runs in a shell, because apt-get puts its downloads into the folder in which it is started.
    const script = `cd "$0" && exec "$@"`;
    const { exitCode, output } = await runToEnd('/bin/sh', ['-c', script, cwd, program, ...args], {
      env: childEnv(env, 'fetcher'),
      boundMs: BOUND_MS,
      signal,
    });
    if (exitCode === 0) return output;
    const why = output.trim().split('\n').slice(-4).join('\n');
    throw new StackError(
      `${program} could not fetch the package ${name}:\n${why}`,
      `Run apt-get update on a Debian or Ubuntu system, or install ${name}`,
    );
  };
  const download = async (options: readonly string[]) => {
    const recurse = needs.all ? ['--recurse'] : [];
    const depends = await run('apt-cache', [...options, 'depends', ...recurse, ...NOT_NEEDED, name]);
    const named = [...depends.matchAll(/Depends: ([a-z][\w.+-]+)$/gm)].map(([, each = '']) => each);
    const needed = [...new Set(named)].filter(
      (each) =>
        needs.alsoNeeds?.test(each) || (/^lib/.test(each) && !OF_SYSTEM.test(each) && !each.startsWith('libjs-')),
    );
    await run('apt-get', [...options, 'download', name, ...needed], partial);
  };
  try {
    mkdirSync(partial, { recursive: true });
    await download([]).catch(async () => {
      // A bare machine has no list of packages, or an old one.
      const own = ownLists(join(toolsDir, 'apt'));
      await run('apt-get', [...own, 'update']);
      await download(own);
    });
    for (const archive of readdirSync(partial).filter((file) => file.endsWith('.deb'))) {
      await run('dpkg-deb', ['--extract', archive, '.'], partial);
      rmSync(join(partial, archive));
    }
    if (!existsSync(target)) renameSync(partial, target);
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
  return target;
}

/** Options by which apt keeps its lists in a folder of ours. */
function ownLists(folder: string): string[] {
  const [lists, archives] = [join(folder, 'lists'), join(folder, 'archives')];
  for (const each of [lists, archives]) mkdirSync(join(each, 'partial'), { recursive: true });
  const settings = { 'Dir::State::Lists': lists, 'Dir::Cache': folder, 'Dir::Cache::Archives': archives };
  const all = { ...settings, 'APT::Sandbox::User': 'root' };
  return Object.entries(all).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
}
