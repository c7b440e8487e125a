import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { childEnv } from '../child-env';
import { runToEnd } from './run-to-end';
import { StackError } from './stack-error';
import type { StackContext } from './stack-types';

interface Invocation {
  program: string;
  args: readonly string[];
  uid?: number;
  gid?: number;
}

/** The account that runs Postgres. */
export interface PostgresAccount {
  /** Who must own its files; undefined when that is us. */
  owner?: { uid: number; gid: number };
  run(program: string, args: readonly string[]): Invocation;
}

/**
 * Our own account or, if we are root, which Postgres refuses, an existing account of the system. Nothing outside the
 * state folder is changed. That account may not be able to enter the project's folder (a clone below a folder of mode
 * 700). Then `setpriv` gives it the one capability to do so. Throws `StackError` if that does not help either.
 */
export async function choosePostgresAccount(
  context: StackContext,
  binDir: string,
  clusterDir: string,
): Promise<PostgresAccount> {
  if (process.getuid?.() !== 0) return { run: (program, args) => ({ program, args }) };
  const owner = await lesserAccount(context, clusterDir);
  const plain: PostgresAccount = { owner, run: (program, args) => ({ program, args, ...owner }) };
  const capable: PostgresAccount = {
    owner,
    run: (program, args) => ({ program: 'setpriv', args: [...setprivArgs(owner), program, ...args] }),
  };
  for (const account of [plain, capable]) if (await canReach(account, binDir, context)) return account;
  throw new StackError(
    `Postgres does not run as root, and the account with uid ${owner.uid} cannot reach ${context.stateDir} or ${binDir}`,
    'Run as another user than root, move the project to a folder that everybody may enter, or set DATABASE_URL',
  );
}

function setprivArgs({ uid, gid }: { uid: number; gid: number }): string[] {
  const one = '-all,+dac_override';
  const capability = [`--inh-caps=${one}`, `--ambient-caps=${one}`, `--bounding-set=${one}`];
  // initdb looks with access(2) whether it finds postgres; without this bit the kernel answers that as if no
  // capability were there.
  return [`--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', '--securebits=+no_setuid_fixup', ...capability, '--'];
}

/** The owner of the existing cluster; for a new one `postgres`, else `nobody`. */
async function lesserAccount({ env }: StackContext, clusterDir: string): Promise<{ uid: number; gid: number }> {
  if (existsSync(clusterDir)) {
    const { uid, gid } = statSync(clusterDir);
    if (uid !== 0) return { uid, gid };
  }
  for (const name of ['postgres', 'nobody']) {
    const [uid, gid] = await Promise.all(
      ['-u', '-g'].map((which) => runToEnd('id', [which, name], { env: childEnv(env), boundMs: 5_000 })),
    );
    if (uid?.exitCode === 0 && gid?.exitCode === 0) return { uid: Number(uid.output), gid: Number(gid.output) };
  }
  throw new StackError(
    'Postgres does not run as root, and there is no account postgres or nobody',
    'Run as another user than root',
  );
}

async function canReach(account: PostgresAccount, binDir: string, { env, stateDir }: StackContext): Promise<boolean> {
  const question = 'test -x "$0" && test -x "$1" && "$0" --version';
  const { program, args, ...ids } = account.run('/bin/sh', ['-c', question, join(binDir, 'postgres'), stateDir]);
  return (await runToEnd(program, args, { env: childEnv(env), boundMs: 5_000, ...ids })).exitCode === 0;
}
