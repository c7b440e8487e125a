import type { Cluster, Command as PlainCommand, Redis } from 'ioredis';

/** The library's types keep to themselves that each has the promise of its answer. */
type Command = PlainCommand & { readonly promise: Promise<unknown> };

/**
 * Calls `met` with everything that the server refuses on this connection. This includes refusals within a script, which
 * come as a part of the script's answer.
 */
export function reportRefusals(redis: Redis | Cluster, met: (error: unknown) => void): void {
  const send = redis.sendCommand.bind(redis) as (command: Command, ...more: unknown[]) => unknown;
  const look = (answer: unknown) => {
    if (!Array.isArray(answer)) return;
    for (const each of answer as unknown[]) {
      if (Array.isArray(each) && each[0] === 'ERR') met(new Error(String(each[1])));
    }
  };
  redis.sendCommand = (command: Command, ...more: unknown[]) => {
    command.promise.then(look, met);
    return send(command, ...more);
  };
}
