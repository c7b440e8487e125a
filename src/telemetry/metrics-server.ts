import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { hostPort, writeHostPort } from '../address';
import { StoryreelError } from '../protocol';
import { sendText } from './compressed';
import type { StoryMetrics } from './story-metrics';

export interface MetricsServer {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Shows the metrics to Prometheus at `/metrics` of `address` (`host:port`; port 0 is any free one), followed by what
 * `more` gives in the same format. Throws `Config.Invalid` where it cannot listen there.
 */
export async function serveMetrics(
  address: string,
  metrics: StoryMetrics,
  more: () => Promise<string> = () => Promise.resolve(''),
): Promise<MetricsServer> {
  const { host, port } = hostPort(address);
  const server = createServer((request, response) => {
    if (request.url?.split('?')[0] !== '/metrics') {
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
    const message = `METRICS_ADDRESS ${address} cannot be listened on (${cause.code}).`;
    throw new StoryreelError('Config.Invalid', message, { cause });
  });
  return {
    url: `http://${writeHostPort({ host, port: (server.address() as AddressInfo).port })}/metrics`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
