import { fromSetup, startApp, type TestApp } from './services';
import { TcpProxy } from './tcp-proxy';

/** A worker and a client whose Redis has gone since they began: a worker begins only where Redis is there. */
export async function startAppWithoutRedis(overrides: Readonly<Record<string, string>> = {}): Promise<TestApp> {
  const url = new URL(fromSetup('STORYREEL_TEST_REDIS_URL'));
  const proxy = await TcpProxy.start(Number(url.port));
  url.port = String(proxy.port);
  const app = await startApp({ ...overrides, REDIS_URL: url.href });
  await proxy.refuse();
  return app;
}
