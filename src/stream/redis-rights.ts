import { randomUUID } from 'node:crypto';
import type { Cluster, Redis } from 'ioredis';
import { laneOfRole } from '../protocol';
import { readProjectId } from '../protocol/viewer';
import { keys } from './keys';
import { causeOfRefusal } from './redis-causes';

type Command = readonly [name: string, ...args: (string | number)[]];

const probe = (): readonly Command[] => {
  const project = readProjectId(randomUUID());
  const [log, lanes, text] = [keys.log(project), keys.lanes(project), keys.text(project, laneOfRole('story'))];
  return [
    ['eval', 'return 1', 0],
    ['evalsha', '0'.repeat(40), 0],
    ['xadd', log, '*', 'e', ''],
    ['xrange', log, '-', '+', 'COUNT', 1],
    ['hset', lanes, 'a', 1, 'b', 1],
    ['hget', lanes, 'a'],
    ['hmget', lanes, 'a'],
    ['hgetall', lanes],
    ['hkeys', lanes],
    ['hdel', lanes, 'b'],
    ['set', text, 'a', 'EX', 60],
    ['append', text, 'a'],
    ['get', text],
    ['getrange', text, 0, 0],
    ['strlen', text],
    ['exists', log],
    ['time'],
    ['expire', log, 60],
    ['expire', lanes, 60],
    ['del', text],
    ['unlink', log, lanes],
    ['role'],
    ['ping'],
    ['info', 'server'],
    ['publish', keys.channel(project), ''],
    ['publish', keys.legacyChannel(project, 'probe'), ''],
  ];
};

/** Commands of the connections themselves, which work without these rights. */
const ALSO = ['subscribe', 'unsubscribe', 'client|setname', 'client|setinfo'];
const OF_CLUSTERS = ['cluster|slots', 'cluster|info', 'asking'];
const NAMES = ['~story:*', '&story:*', '&ai_story:*'];

/** The least that the user in REDIS_URL must be allowed, as ACL SETUSER takes it. */
export function rightsNeeded({ cluster }: { readonly cluster: boolean }): readonly string[] {
  const commands = [...new Set(probe().map(([name]) => name)), ...ALSO, ...(cluster ? OF_CLUSTERS : [])];
  return [...NAMES, ...commands.sort().map((name) => `+${name}`)];
}

/** Tries each right on keys that expire, and returns the missing rights. At the end, the connection is subscribed. */
export async function missingRights(redis: Redis | Cluster): Promise<readonly string[]> {
  const missing = new Set<string>();
  const tryOne = async ([name, ...args]: Command) => {
    try {
      if (name === 'subscribe') await redis.subscribe(String(args[0]));
      else await redis.call(name, ...args);
    } catch (error) {
      const { message } = error as Error;
      if (causeOfRefusal(message) === 'NOPERM') missing.add(rightIn(message, name, args));
      // That there is no such script is what is expected, and a right that lacks elsewhere has its consequences.
      else if ((error as Error).name !== 'ReplyError') throw error;
    }
  };
  for (const command of probe()) await tryOne(command);
  await tryOne(['subscribe', keys.control]);
  return [...missing].sort();
}

function rightIn(message: string, name: string, args: Command[1][]): string {
  if (/channel/i.test(message)) return String(args[0]).startsWith('ai_story') ? '&ai_story:*' : '&story:*';
  return /\bkeys?\b/i.test(message) ? '~story:*' : `+${name}`;
}
