import type { Config } from '../../src/config';
import { openRedis, type ControlChannel } from '../../src/stream';

/** The control channel of a Redis, on connections of its own that close with it. */
export async function openControlChannel(config: Config): Promise<ControlChannel> {
  const redis = openRedis(config);
  const { control } = redis;
  await redis.log.ready(10_000);
  return {
    get isReady() {
      return control.isReady;
    },
    stop: (request) => control.stop(request),
    listen: (listener) => control.listen(listener),
    close: () => void redis.close(),
  };
}
