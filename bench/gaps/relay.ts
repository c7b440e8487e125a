import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** A relay before a service, so that its connections can be forgotten as a router does. */
export class Relay {
  private readonly links = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    readonly port: number,
    private target: number,
  ) {}

  static async start(target: number): Promise<Relay> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const relay = new Relay(server, (server.address() as AddressInfo).port, target);
    server.on('connection', (client) => relay.link(client, connect(relay.target, '127.0.0.1')));
    return relay;
  }

  /** No bytes pass the present connections any more, and none of them is closed; new ones work. */
  forget(): void {
    for (const socket of this.links) {
      socket.unpipe();
      socket.pause();
    }
  }

  /** New connections lead to another server; existing ones stay. */
  leadTo(target: number): void {
    this.target = target;
  }

  close(): void {
    this.server.close();
    for (const socket of this.links) socket.destroy();
  }

  private link(client: Socket, service: Socket): void {
    for (const [from, to] of [
      [client, service],
      [service, client],
    ] as const) {
      this.links.add(from);
      from.on('error', () => to.destroy());
      from.on('close', () => {
        this.links.delete(from);
        to.destroy();
      });
      from.pipe(to);
    }
  }
}
