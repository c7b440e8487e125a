import type { ConnectionOptions } from 'node:tls';
import { firstHost, hostPort, readAddress } from '../address';
import { StoryreelError } from '../protocol';
import type { Node, RedisPlace } from './redis-place';

/** A `Redis` or a `Cluster` of ioredis, of any release, as far as it is looked at. */
export interface RedisConnection {
  readonly options: object;
  readonly isCluster?: boolean;
}

/** As both name them. */
interface Options {
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  readonly path?: string | undefined;
  readonly db?: number | undefined;
  readonly username?: string | null | undefined;
  readonly password?: string | null | undefined;
  readonly tls?: ConnectionOptions | undefined;
  readonly name?: string | undefined;
  readonly sentinels?: readonly { readonly host?: string; readonly port?: number }[] | null | undefined;
  readonly sentinelUsername?: string | null | undefined;
  readonly sentinelPassword?: string | null | undefined;
  readonly sentinelTLS?: ConnectionOptions | undefined;
}

interface ClusterConnection {
  readonly options: { readonly redisOptions?: Options };
  nodes(): readonly { readonly options: Options }[];
  readonly startupNodes?: readonly (string | number | Options)[];
}

const LOCAL = '127.0.0.1';

function isCluster(connection: RedisConnection): connection is RedisConnection & ClusterConnection {
  return connection.isCluster === true;
}

/** Where a connection of the program around us leads, and how one gets in. Throws `Config.Invalid` for what is none. */
export function placeOfConnection(connection: RedisConnection): RedisPlace {
  if (isCluster(connection)) return placeOfCluster(connection);
  const options = connection.options as Options;
  const { host, port, path, db = 0, name, sentinels } = options;
  if (path) throw invalid('A connection by a socket in the file system cannot be taken over: set REDIS_URL instead.');
  if (!sentinels?.length) {
    if (host === undefined && port === undefined) throw invalid('redis must be a Redis or a Cluster of ioredis.');
    return { nodes: [nodeOf({ host, port }, 6379)], ...accessOf(options), ...(db > 0 && { db }) };
  }
  const [first = {}, ...others] = sentinels;
  const { sentinelUsername: username, sentinelPassword: password } = options;
  return {
    nodes: [nodeOf(first, 26_379), ...others.map((each) => nodeOf(each, 26_379))],
    ...accessOf({ ...options, tls: options.tls ?? options.sentinelTLS }),
    ...(db > 0 && { db }),
    sentinel: { name: name ?? '', ...(username && { username }), ...(password && { password }) },
  };
}

function placeOfCluster(cluster: ClusterConnection): RedisPlace {
  const known = cluster.nodes().map(({ options }) => options);
  const [first, ...others] = known.length > 0 ? known : (cluster.startupNodes ?? []).map(startupNode);
  if (!first) throw invalid('redis is a cluster without nodes.');
  const { redisOptions = {} } = cluster.options;
  return {
    nodes: [nodeOf(first, 6379), ...others.map((each) => nodeOf(each, 6379))],
    cluster: true,
    ...accessOf({ ...first, ...redisOptions }),
  };
}

function startupNode(node: string | number | Options): Options {
  if (typeof node === 'number') return { port: node };
  if (typeof node !== 'string') return node;
  return node.includes('://') ? firstHost(readAddress(node), { host: LOCAL, port: 6379 }) : hostPort(node);
}

function nodeOf({ host = LOCAL, port }: Pick<Options, 'host' | 'port'>, usual: number): Node {
  return { host, port: port ?? usual };
}

function accessOf({ username, password, tls }: Options): Pick<RedisPlace, 'username' | 'password' | 'tls'> {
  return { ...(username && { username }), ...(password && { password }), ...(tls && { tls: { ...tls } }) };
}

function invalid(message: string): StoryreelError {
  return new StoryreelError('Config.Invalid', message);
}
