import { randomBytes } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { hostPort, listenFault, writeHostPort } from '../address';
import { StoryClient } from '../client';
import type { Config } from '../config';
import type { Logger } from '../logger';
import { StoryreelError } from '../protocol';
import { openMediaStore } from '../storage';
import { isLocal } from './access';
import { UnknownConnections } from './connection-limit';
import { isWithin } from './forwarded';
import { goneGrounds } from './gone-credentials';
import { Limits } from './limits';
import { OpenAnswers } from './open-answers';
import { createServer } from './server';
import { StoryHub } from './stream/story-hub';
import { signingKeysIn, type SigningKeys } from './token';

/** Connections that wait to be accepted. The kernel lowers it to its own limit (`net.core.somaxconn`). */
const BACKLOG = 65_535;
const LEAST_GRACE_MS = 100;
const LOOK_MS = 50;

/** Without the setting, tokens count as long as this process runs, and here only. */
function signingKeys({ GATEWAY_SIGNING_KEYS: setting }: Config): SigningKeys {
  return setting === undefined ? new Map([['here', randomBytes(32)]]) : signingKeysIn(setting);
}

export interface RunningGateway {
  readonly url: string;
  /** Takes no more viewers, lets those that are there go in waves, answers what was asked, and ends. */
  stop(): Promise<void>;
}

/**
 * The whole API of `StoryClient` over HTTP. Throws `Service.Unreachable` if Temporal or Postgres cannot be reached.
 * Throws `Config.Invalid` if it cannot listen, or if others could reach it and there is no API key.
 */
export async function runGateway(config: Config, logger: Logger): Promise<RunningGateway> {
  const stories = await StoryClient.connect(config, { logger });
  const hub = new StoryHub(stories);
  const open = new OpenAnswers((grounds) => goneGrounds(stories, grounds));
  const close = async () => {
    await hub.close(0);
    await open.close();
    await stories.close();
  };
  try {
    const address = config.GATEWAY_ADDRESS;
    const place = { address, hosts: config.GATEWAY_HOSTS?.split(','), proxies: config.GATEWAY_TRUSTED_PROXIES };
    if (!isLocal(place) && !(await stories.keys.hasAny())) {
      const why =
        place.proxies.length > 0
          ? 'GATEWAY_TRUSTED_PROXIES names proxies, which let others in'
          : `GATEWAY_ADDRESS ${address} can be reached by others`;
      throw new StoryreelError(
        'Config.Invalid',
        `${why}, and there is no API key. Make one first: storyreel keys create`,
      );
    }
    const media = await openMediaStore(config);
    const app = await createServer(
      { stories, hub, open, media, limits: new Limits(config) },
      place,
      {
        signing: signingKeys(config),
        connections: new UnknownConnections(config.GATEWAY_CONNECTIONS, isWithin(['loopback', ...place.proxies])),
      },
      logger,
    );
    const { host, port } = hostPort(address);
    // For the other address of this name, Fastify would open a second server, without what this one knows and waits for.
    const at = host === 'localhost' ? '127.0.0.1' : host;
    await app.listen({ host: at, port: Number(port), backlog: BACKLOG }).catch(({ code }: NodeJS.ErrnoException) => {
      throw new StoryreelError('Config.Invalid', listenFault('GATEWAY_ADDRESS', address, code));
    });
    const url = `http://${writeHostPort({ host, port: (app.server.address() as AddressInfo).port })}`;
    logger.info({ url }, 'gateway is ready');
    const stop = async () => {
      const end = performance.now() + Math.max(config.SHUTDOWN_GRACE_MS, LEAST_GRACE_MS);
      await hub.close(config.SHUTDOWN_GRACE_MS);
      // A connection whose answer was under way would stay open for the next request. What is not answered by the end is cut.
      const closing = setInterval(() => {
        if (performance.now() < end) app.server.closeIdleConnections();
        else app.server.closeAllConnections();
      }, LOOK_MS);
      await app.close().finally(() => clearInterval(closing));
      await open.close();
      await stories.close();
    };
    let stopped: Promise<void> | undefined;
    return { url, stop: () => (stopped ??= stop()) };
  } catch (error) {
    await close();
    throw error;
  }
}
