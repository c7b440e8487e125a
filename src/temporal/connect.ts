import { Connection } from '@temporalio/client';
import type { Config } from '../config';
import { temporalConnection } from './connection-options';
import { retriesUntilClosed } from './retries-until-closed';
import { temporalUnreachable } from './why-unreachable';

/**
 * A connection for clients. By default the library would use the proxy of HTTPS_PROXY, which is for providers; the
 * worker's own connection does not. Throws `Service.Unreachable` or `Config.Invalid`, with the cause if it can be
 * found.
 */
export async function connectTemporal(config: Config, connectTimeout: number): Promise<Connection> {
  const options = temporalConnection(config);
  try {
    return await Connection.connect({
      ...options,
      connectTimeout,
      channelArgs: { 'grpc.enable_http_proxy': 0 },
      interceptors: retriesUntilClosed(),
    });
  } catch (error) {
    throw await temporalUnreachable(options, error);
  }
}
