import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Cluster, Redis } from 'ioredis';

const SCRIPTS = ['append', 'publish', 'lifetime', 'read'] as const;
type Script = (typeof SCRIPTS)[number];
type Argument = string | number;
/** The client makes one for each script: the number of keys, the keys, the arguments. */
export type ScriptCommand = (count: number, ...given: Argument[]) => Promise<unknown>;

/** Runs the scripts of this folder by their hashes. */
export class RedisScripts {
  /** `constants` are put before each script. */
  constructor(
    private readonly redis: Redis | Cluster,
    constants: string,
  ) {
    const read = (name: string) => readFileSync(join(__dirname, `${name}.lua`), 'utf8');
    const shared = read('shared');
    for (const script of SCRIPTS)
      redis.defineCommand(nameOf(script), { lua: `${constants}\n${shared}${read(script)}` });
  }

  run<T>(script: Script, keys: readonly string[], args: readonly Argument[]): Promise<T> {
    return this.command(script)(keys.length, ...keys, ...args) as Promise<T>;
  }

  /** To be taken once by who runs a script for each token. */
  command(script: Script): ScriptCommand {
    return (Reflect.get(this.redis, nameOf(script)) as ScriptCommand).bind(this.redis);
  }
}

function nameOf(script: Script): string {
  return `story-${script}`;
}
