import { devNull } from 'node:os';
import { childEnv, TO_REACH_A_REGISTRY } from '../../src/child-env';
import { runToEnd } from './run-to-end';
import type { Env } from './stack-types';

/**
 * The environment in which pip installs. Of pip's own files of settings it has what leads to a registry, and nothing else:
 * a prefix, a target or a virtualenv that somebody demands there is about other installs, and contradicts ours.
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

/** What `pip config list` prints, as variables: a line is `install.index-url='…'`, written as Python writes a text. */
export function settingsIn(list: string): Record<string, string> {
  const found: Record<string, string> = {};
  // Of the sections, `install` is nearer to our command than `global`; other commands' sections are not ours.
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
