import { readFileSync } from 'node:fs';
import type { ConnectionOptions } from 'node:tls';
import { firstHost, readAddress, urlsIn, type Address, type HostPort } from '../address';
import type { Config } from '../config';
import { defined, StoryreelError } from '../protocol';

export interface Access {
  readonly username?: string;
  readonly password?: string;
  readonly tls?: ConnectionOptions;
}

export type Node = Required<HostPort>;

/**
 * The address and the credentials of Redis: a server, a cluster by some of its nodes, or a master that sentinels name.
 */
export interface RedisPlace extends Access {
  readonly nodes: readonly [Node, ...Node[]];
  readonly cluster?: boolean;
  readonly db?: number;
  readonly sentinel?: { readonly name: string } & Pick<Access, 'username' | 'password'>;
}

export type RedisSettings = Pick<Config, 'REDIS_URL'> & Partial<Pick<Config, Optional>>;
type Optional =
  | 'REDIS_CLUSTER'
  | 'REDIS_SENTINEL_USERNAME'
  | 'REDIS_SENTINEL_PASSWORD'
  | 'REDIS_TLS_SERVER_CA_CERT_PATH'
  | 'REDIS_TLS_CLIENT_CERT_PATH'
  | 'REDIS_TLS_CLIENT_KEY_PATH'
  | 'REDIS_TLS_SERVER_NAME';

const LOCAL = '127.0.0.1';
const PORTS = { server: 6379, sentinel: 26_379 };

/** Throws `Config.Invalid` if a file that a setting names cannot be read. */
export function redisPlace(settings: RedisSettings): RedisPlace {
  const [first, ...others] = urlsIn(settings.REDIS_URL).map(addressOf);
  if (!first) throw new StoryreelError('Config.Invalid', 'REDIS_URL is empty.');
  const { scheme, username, password, path } = first;
  const [name = '', number = ''] = path.slice(1).split('/');
  const bySentinel = scheme.endsWith('+sentinel');
  const db = Number(bySentinel ? number : name);
  const port = bySentinel ? PORTS.sentinel : PORTS.server;
  const [head, ...more] = bySentinel
    ? first.hosts.map((host) => ({ port, ...host }))
    : [first, ...others].map((url) => firstHost(url, { host: LOCAL, port }));
  return {
    nodes: [head ?? { host: LOCAL, port }, ...more],
    ...(settings.REDIS_CLUSTER && { cluster: true }),
    ...defined({ username, password }),
    ...(db > 0 && { db }),
    ...(scheme.startsWith('rediss') && { tls: tlsOf(settings) }),
    ...(bySentinel && { sentinel: { name: decodeURIComponent(name), ...sentinelAccess(settings) } }),
  };
}

function addressOf(url: string): Address {
  try {
    return readAddress(url);
  } catch (cause) {
    const { message } = cause as Error;
    throw new StoryreelError('Config.Invalid', `REDIS_URL must be a URL like redis://localhost:6379, ${message}.`);
  }
}

function sentinelAccess(settings: RedisSettings): Pick<Access, 'username' | 'password'> {
  const { REDIS_SENTINEL_USERNAME: username, REDIS_SENTINEL_PASSWORD: password } = settings;
  return defined({ username, password });
}

function tlsOf(settings: RedisSettings): ConnectionOptions {
  const file = (name: Extract<keyof RedisSettings, `${string}_PATH`>) => {
    const path = settings[name];
    if (path === undefined) return undefined;
    try {
      return readFileSync(path);
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException;
      throw new StoryreelError('Config.Invalid', `The file that ${name} names cannot be read (${code}).`, { cause });
    }
  };
  return defined({
    ca: file('REDIS_TLS_SERVER_CA_CERT_PATH'),
    cert: file('REDIS_TLS_CLIENT_CERT_PATH'),
    key: file('REDIS_TLS_CLIENT_KEY_PATH'),
    servername: settings.REDIS_TLS_SERVER_NAME,
  });
}
