import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Cluster, Redis } from 'ioredis';

const SCRIPTS = ['append', 'publish', 'lifetime', 'read'] as const;
type Script = (typeof SCRIPTS)[number];
type Argument = string | number;

/** Runs the scripts of this folder by their hashes. */
export class RedisScripts {
  private readonly commands: Record<string, (count: number, ...given: Argument[]) => Promise<unknown>>;

  /** `constants` are put before each script. */
  constructor(redis: Redis | Cluster, constants: string) {
    const read = (name: string) => readFileSync(join(__dirname, `${name}.lua`), 'utf8');
    const shared = read('shared');
    for (const script of SCRIPTS)
      redis.defineCommand(nameOf(script), { lua: `${constants}\n${shared}${read(script)}` });
    this.commands = redis as unknown as typeof this.commands;
  }

  run<T>(script: Script, keys: readonly string[], args: readonly Argument[]): Promise<T> {
    return this.commands[nameOf(script)]?.(keys.length, ...keys, ...args) as Promise<T>;
  }
}

function nameOf(script: Script): string {
  return `story-${script}`;
}
