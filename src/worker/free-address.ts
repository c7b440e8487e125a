import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';

/** An address on this machine with a port that is free now, for servers that cannot report their port. */
export async function freeAddress(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return `127.0.0.1:${port}`;
}
