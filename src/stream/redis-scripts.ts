import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Cluster, Redis } from 'ioredis';

const SCRIPTS = ['append', 'publish', 'lifetime', 'read'] as const;
type Script = (typeof SCRIPTS)[number];
type Argument = string | number;
/** The client makes one for each script. */
type DefinedCommand = (count: number, ...given: Argument[]) => Promise<unknown>;

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
    const command = Reflect.get(this.redis, nameOf(script)) as DefinedCommand;
    return command.call(this.redis, keys.length, ...keys, ...args) as Promise<T>;
  }
}

function nameOf(script: Script): string {
  return `story-${script}`;
}
