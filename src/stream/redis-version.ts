const LEAST = 7;

/**
 * The version of a server on which the scripts do not run, as it names itself in its answer to INFO. Undefined for all
 * others: Valkey and Dragonfly state the version of Redis that they can do, and so does KeyDB, which is too old.
 */
export function versionTooOld(about: string): string | undefined {
  const [, version, major] = /^redis_version:((\d+)[\w.-]*)/m.exec(about) ?? [];
  return major !== undefined && Number(major) < LEAST ? version : undefined;
}
