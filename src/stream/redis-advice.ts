import { causeOfRefusal, type Refusal } from './redis-causes';

const CREDENTIALS = 'Correct the user or the password in REDIS_URL.';
const MASTER = 'Let REDIS_URL lead to the master, or name the sentinels: redis+sentinel://a:26379,b:26379/mymaster.';
const CLUSTER = 'See whether the cluster has all its slots and masters.';

const ADVICE_ON_REDIS: Readonly<Record<Exclude<Refusal, 'unreachable' | 'other'>, string>> = {
  OOM: 'Raise maxmemory of Redis.',
  NOPERM: 'Give the user in REDIS_URL the rights of docs/configuration.md.',
  READONLY: MASTER,
  MASTERDOWN: MASTER,
  NOREPLICAS: 'Start the replicas of Redis, or lower min-replicas-to-write.',
  MISCONF: 'Make room on the disk of Redis. Its log states why it cannot save.',
  LOADING: 'Wait until Redis has loaded its data.',
  BUSY: 'A script of another program holds Redis up: SCRIPT KILL ends it.',
  NOAUTH: CREDENTIALS,
  WRONGPASS: CREDENTIALS,
  CLUSTERDOWN: CLUSTER,
  TRYAGAIN: CLUSTER,
  WRONGTYPE: 'Another program writes to keys of Storyreel: give either of them a Redis of its own.',
};

/** What a person should do if Redis cannot be used for this reason. */
export function adviceOnRedis(error: unknown): string {
  const { message = '', code } = error as { readonly message?: string; readonly code?: unknown };
  const cause = causeOfRefusal(message.replace(/^Redis refused to \w+: /, ''));
  if (cause !== 'other' && cause !== 'unreachable') return ADVICE_ON_REDIS[cause];
  if (/CERT|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER/.test(String(code)) || /certificate/.test(message)) {
    return "Let REDIS_TLS_SERVER_CA_CERT_PATH name the file of the CA that signed Redis's certificate for this host.";
  }
  if (/DB index/.test(message)) return 'Correct the number of the database in REDIS_URL.';
  return 'Start Redis or Valkey, or correct REDIS_URL (rediss:// is with TLS).';
}
