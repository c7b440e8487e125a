import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { hostPort, listenFault, writeHostPort } from '../address';
import { StoryreelError } from '../protocol';
import { sendText } from './compressed';
import type { StoryMetrics } from './story-metrics';

/** A server that shows metrics. */
export interface MetricsServer {
  readonly url: string;
  /** Ends the server. */
  close(): Promise<void>;
}

/** A further page beside the metrics, as JSON. */
export interface StatusPage {
  readonly status: 200 | 503;
  readonly body: object;
}

/**
 * Serves the metrics to Prometheus at `/metrics` of `address` (`host:port`; port 0 is any free one). The text of
 * `more`, in the same format, follows them. Serves each of `pages` under its path. Throws `Config.Invalid` if it cannot
 * listen there.
 */
export async function serveMetrics(
  address: string,
  metrics: StoryMetrics,
  more: () => Promise<string> = () => Promise.resolve(''),
  pages: Readonly<Record<string, () => Promise<StatusPage>>> = {},
): Promise<MetricsServer> {
  const { host, port } = hostPort(address);
  const server = createServer((request, response) => {
    const path = request.url?.split('?')[0] ?? '';
    const page = Object.hasOwn(pages, path) ? pages[path] : undefined;
    if (page) {
      page().then(
        ({ status, body }) =>
          response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(body)}\n`),
        () => response.writeHead(500).end(),
      );
      return;
    }
    if (path !== '/metrics') {
      response.writeHead(404).end();
      return;
    }
    Promise.all([metrics.registry.metrics(), more()])
      .then((texts) => sendText(request, response, metrics.registry.contentType, texts.join('\n')))
      .catch(() => response.writeHead(500).end());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, host, resolve);
  }).catch((cause: NodeJS.ErrnoException) => {
    throw new StoryreelError('Config.Invalid', listenFault('METRICS_ADDRESS', address, cause.code), { cause });
  });
  return {
    url: `http://${writeHostPort({ host, port: (server.address() as AddressInfo).port })}/metrics`,
    /** Ends the server. */
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
