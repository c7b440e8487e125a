import { devNull } from 'node:os';
import { childEnv, TO_REACH_A_REGISTRY } from '../child-env';
import { runToEnd } from './run-to-end';
import type { Env } from './stack-types';

/**
 * The environment in which pip installs. It has the settings of pip's own files that lead to a registry, and no others.
 * A prefix, a target or a required virtualenv concerns other installs, and contradicts ours.
 */
export async function pipEnv(env: Env): Promise<Record<string, string>> {
  const own = childEnv(env, 'fetcher');
  const { exitCode, output } = await runToEnd('python3', ['-m', 'pip', 'config', 'list'], {
    env: own,
    boundMs: 30_000,
  });
  const ofFiles = exitCode === 0 ? settingsIn(output) : {};
  return { ...ofFiles, ...own, PIP_CONFIG_FILE: devNull };
}

/**
 * The output of `pip config list`, as variables: a line is `install.index-url='…'`, with the text in Python's notation.
 */
export function settingsIn(list: string): Record<string, string> {
  const found: Record<string, string> = {};
  // The section `install` is nearer to our command than `global`; the sections of other commands do not apply.
  for (const section of ['global', 'install']) {
    for (const line of list.split('\n')) {
      const [, of, name = '', , text = ''] = /^([\w-]+)\.([\w-]+)=(['"])(.*)\3\r?$/.exec(line) ?? [];
      if (of !== section || !TO_REACH_A_REGISTRY.test(name)) continue;
      found[`PIP_${name.toUpperCase().replaceAll('-', '_')}`] = unescaped(text).trim().split(/\s+/).join(' ');
    }
  }
  return found;
}

function unescaped(text: string): string {
  return text.replace(/\\(.)/g, (_, char: string) => ({ n: '\n', t: '\t', r: '\r' })[char] ?? char);
}
