import { connect as connectTcp } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { AbstractConnector, Cluster, Redis } from 'ioredis';
import {
  FAIL_FAST,
  KEEP_TRYING,
  pingFrom,
  reportFaults,
  retryDelay,
  retrying,
  type RedisFaultLog,
  type Retries,
} from './redis-connection';
import type { Access, Node, RedisPlace } from './redis-place';
import type { ReachReport } from './redis-reach';
import { defined } from '../protocol';

/** Each node takes what the first one takes. */
function accessOf({ username, password, tls }: RedisPlace): Access {
  return defined({ username, password, tls });
}

/** Writes to all nodes and fails as fast as a connection to a single server. The nodes of the place name the others. */
export function connectCluster(place: RedisPlace, reach: ReachReport, log?: RedisFaultLog): Cluster {
  const access = accessOf(place);
  const cluster = new Cluster([...place.nodes], {
    clusterRetryStrategy: retryDelay,
    enableOfflineQueue: false,
    // With `enableAutoPipelining` the library throws from its own callback, and ends the process, while slots move (tried).
    // At 100 ms each, while a node is gone and no other has its slots yet.
    maxRedirections: 5,
    // Certificates are for names, so names must reach the handshake.
    ...(access.tls && { dnsLookup: (address, done) => done(null, address) }),
    redisOptions: { ...access, ...FAIL_FAST, connectionName: 'storyreel-publisher' },
  });
  // The nodes connect at once and not at the first command, because no command waits for a connection. They connect
  // only after the cluster is ready: the library's own check for this must not find a node half connected.
  const connectNode = (node: Redis) => {
    if (cluster.status === 'ready' && node.status === 'wait') node.connect().catch(() => undefined);
  };
  cluster.on('ready', () => cluster.nodes().forEach(connectNode));
  cluster.on('+node', (node: Redis) => {
    connectNode(node);
    const { host, port } = node.options;
    pingFrom(node, 'publisher', (error) =>
      log?.warn({ err: error.message, node: `${host}:${port}` }, 'a node of the redis cluster does not answer'),
    );
  });
  reportFaults(cluster, { reach });
  return cluster;
}

/**
 * Listens at any one node, because each node receives what is published on the others. Moves to the next node if that
 * one ends or leaves the cluster.
 */
export function connectClusterSubscriber(
  cluster: Cluster,
  place: RedisPlace,
  role: 'subscriber' | 'control',
  reach: ReachReport,
): Redis {
  const access = accessOf(place);
  let turn = Math.floor(Math.random() * 1_000);
  let current: Node | undefined;
  const next = (): Node => {
    const known = cluster.nodes().map(({ options }) => ({ host: options.host ?? '', port: options.port ?? 6379 }));
    const nodes = known.length > 0 ? known : place.nodes;
    const node = nodes[turn++ % nodes.length] ?? place.nodes[0];
    current = node;
    return node;
  };
  class AnyNode extends AbstractConnector {
    constructor() {
      super(KEEP_TRYING.disconnectTimeout);
    }

    async connect() {
      this.connecting = true;
      this.stream = access.tls ? connectTls({ ...next(), ...access.tls }) : connectTcp(next());
      this.stream.once('error', (error: Error) => (this.firstError = error));
      return this.stream;
    }
  }
  const retries: Retries = { times: 0 };
  const redis = new Redis({
    ...access,
    ...KEEP_TRYING,
    ...retrying(retries),
    connectionName: `storyreel-${role}`,
    Connector: AnyNode,
  });
  const left = ({ options: { host, port } }: Redis) => {
    if (host === current?.host && port === current?.port) redis.disconnect(true);
  };
  cluster.on('-node', left);
  redis.on('end', () => {
    cluster.off('-node', left);
  });
  reportFaults(redis, { reach, retries });
  pingFrom(redis, role, (error) => reach.down(redis, error));
  return redis;
}
