import { connect as connectTcp } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { AbstractConnector, Cluster, Redis } from 'ioredis';
import { firstHost, readAddress } from '../address';
import { FAIL_FAST, KEEP_TRYING, reportFaults, retryDelay, type RedisFaultLog } from './redis-connection';

interface Access {
  readonly username?: string;
  readonly password?: string;
  readonly tls?: object;
}

interface Address {
  readonly host: string;
  readonly port: number;
}

/** The nodes of the cluster, as they were named and as they are known since; each takes what the first one takes. */
function accessOf(url: string): Access {
  const { scheme, username, password } = readAddress(url);
  return {
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(scheme === 'rediss' && { tls: {} }),
  };
}

function addressOf(url: string): Address {
  return firstHost(readAddress(url), { host: '127.0.0.1', port: 6379 });
}

/** Writes to all nodes and fails as fast as a connection to a single server. The nodes at `urls` name the others. */
export function connectCluster(urls: readonly string[], log?: RedisFaultLog): Cluster {
  const access = accessOf(urls[0] ?? '');
  const cluster = new Cluster(urls.map(addressOf), {
    clusterRetryStrategy: retryDelay,
    enableOfflineQueue: false,
    // With `enableAutoPipelining` the library throws from its own callback, and ends the process, while slots move (tried).
    // At 100 ms each, while a node is gone and no other has its slots yet.
    maxRedirections: 5,
    // Certificates are for names, so names must reach the handshake.
    ...(access.tls && { dnsLookup: (address, done) => done(null, address) }),
    redisOptions: { ...access, ...FAIL_FAST, connectionName: 'storyreel-publisher' },
  });
  // At once and not at the first command, because none waits for a connection; but not before the cluster is ready: the
  // library's own question whether it is must not find a node half connected.
  const connectNode = (node: Redis) => {
    if (cluster.status === 'ready' && node.status === 'wait') node.connect().catch(() => undefined);
  };
  cluster.on('ready', () => cluster.nodes().forEach(connectNode));
  cluster.on('+node', connectNode);
  reportFaults(cluster, 'publisher', log);
  return cluster;
}

/**
 * Listens at any one node, because each hears what is published on the others, and goes to the next when that one ends
 * or is no longer of the cluster.
 */
export function connectClusterSubscriber(
  cluster: Cluster,
  urls: readonly string[],
  role: 'subscriber' | 'control',
  log?: RedisFaultLog,
): Redis {
  const access = accessOf(urls[0] ?? '');
  let turn = Math.floor(Math.random() * 1_000);
  let current: Address | undefined;
  const next = (): Address => {
    const known = cluster.nodes().map(({ options }) => ({ host: options.host ?? '', port: options.port ?? 6379 }));
    const nodes = known.length > 0 ? known : urls.map(addressOf);
    const node = nodes[turn++ % nodes.length] ?? { host: '127.0.0.1', port: 6379 };
    current = node;
    return node;
  };
  class AnyNode extends AbstractConnector {
    constructor() {
      super(2_000);
    }

    async connect() {
      this.connecting = true;
      this.stream = access.tls ? connectTls({ ...next(), ...access.tls }) : connectTcp(next());
      this.stream.once('error', (error: Error) => (this.firstError = error));
      return this.stream;
    }
  }
  const redis = new Redis({ ...access, ...KEEP_TRYING, connectionName: `storyreel-${role}`, Connector: AnyNode });
  const left = ({ options: { host, port } }: Redis) => {
    if (host === current?.host && port === current?.port) redis.disconnect(true);
  };
  cluster.on('-node', left);
  redis.on('end', () => {
    cluster.off('-node', left);
  });
  reportFaults(redis, role, log);
  return redis;
}
