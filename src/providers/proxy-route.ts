import * as http from 'node:http';
import * as https from 'node:https';
import { isIP, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import { firstHost, isLoopback, readAddress, writeHostPort, type Address } from '../address';
import { isExempt } from './no-proxy';

/** The proxies, by the names and with the meaning of the usual environment variables. */
export interface Proxies {
  readonly HTTPS_PROXY?: string | undefined;
  readonly HTTP_PROXY?: string | undefined;
  readonly NO_PROXY?: string | undefined;
}

interface Route {
  /** Whether what is connected to first speaks TLS. */
  readonly secure: boolean;
  readonly options: https.RequestOptions;
  /** A proxy looks up the name, and decides what may be reached. */
  readonly proxied: boolean;
  /** The setting of a proxy that may answer in place of the provider. */
  readonly proxySetting?: 'HTTP_PROXY';
}

const CONNECT_MS = 30_000;
/**
 * A connection that has been idle for longer is not used again. Many servers close it after 5 s, and what is between drops
 * it after minutes. A paid request that meets such an end counts as one that may have been taken.
 */
const IDLE_MS = 4_000;
const KEEP = { keepAlive: true, maxSockets: Infinity, timeout: IDLE_MS };

const direct = { http: new http.Agent(KEEP), https: new https.Agent(KEEP) };
let proxies: Proxies = {};
let tunnels: https.Agent | undefined;

/** From now on, requests of this process to providers use these proxies. */
export function useProxies(given: Proxies): void {
  proxies = given;
  tunnels?.destroy();
  tunnels = given.HTTPS_PROXY === undefined ? undefined : new Tunnels(readAddress(given.HTTPS_PROXY));
}

/** The route of a request to this URL: direct, or through a proxy. Hosts on this machine never use a proxy. */
export function routeTo({ protocol, hostname, port, host, href, username }: URL): Route {
  const secure = protocol === 'https:';
  const name = hostname.replace(/^\[|\]$/g, '');
  const bypass = isLoopback(name) || isExempt(name, Number(port || (secure ? 443 : 80)), proxies.NO_PROXY);
  if (secure) {
    const proxied = !bypass && tunnels !== undefined;
    return { secure, proxied, options: { agent: proxied ? tunnels : direct.https } };
  }
  if (bypass || proxies.HTTP_PROXY === undefined || username !== '') {
    return { secure, proxied: false, options: { agent: direct.http } };
  }
  const proxy = readAddress(proxies.HTTP_PROXY);
  const behindTls = proxy.scheme === 'https';
  return {
    secure: behindTls,
    proxied: true,
    proxySetting: 'HTTP_PROXY',
    options: {
      ...placeOf(proxy),
      protocol: `${proxy.scheme}:`,
      agent: behindTls ? direct.https : direct.http,
      // Without a tunnel, a proxy is asked for the whole URL.
      path: href.split('#')[0],
      headers: { host, ...authorization(proxy) },
    },
  };
}

/** Connections to HTTPS servers through a proxy. A connection is returned only after its own encryption is set up. */
class Tunnels extends https.Agent {
  constructor(private readonly proxy: Address) {
    super(KEEP);
  }

  override createConnection(
    options: https.RequestOptions,
    ready?: (error: Error | null, socket: Duplex) => void,
  ): undefined {
    tunnel(this.proxy, options as ConnectionOptions).then(
      (socket) => ready?.(null, socket),
      // Nobody looks at a socket beside an error, but the type asks for one.
      (error: Error) => ready?.(error, new Socket()),
    );
    return undefined;
  }
}

async function tunnel(proxy: Address, options: ConnectionOptions): Promise<Socket> {
  const late = AbortSignal.timeout(CONNECT_MS);
  const target = writeHostPort({ host: options.host ?? '', port: Number(options.port ?? 443) });
  const raw = await new Promise<Socket>((resolve, reject) => {
    const request = (proxy.scheme === 'https' ? https : http).request({
      ...placeOf(proxy),
      method: 'CONNECT',
      path: target,
      agent: false,
      signal: late,
      headers: { host: target, ...authorization(proxy) },
    });
    request.on('error', (error: NodeJS.ErrnoException) => reject(proxyFault(error.code ?? error.message)));
    request.on('connect', ({ statusCode }, socket: Socket) => {
      if (statusCode === 200) return resolve(socket);
      socket.destroy();
      reject(proxyFault(`answered ${statusCode}`));
    });
    request.end();
  });
  return new Promise((resolve, reject) => {
    const socket = connectTls({ ...options, socket: raw });
    const giveUp = () => socket.destroy(proxyFault('ETIMEDOUT'));
    late.addEventListener('abort', giveUp, { once: true });
    socket.once('error', reject);
    socket.once('close', () => reject(proxyFault('ECONNRESET')));
    socket.once('secureConnect', () => {
      late.removeEventListener('abort', giveUp);
      socket.off('error', reject);
      resolve(socket);
    });
  });
}

/** Its code is what people are shown of it. */
export function proxyFault(what: string, setting = 'HTTPS_PROXY'): NodeJS.ErrnoException {
  const code = `the proxy of ${setting}: ${what}`;
  return Object.assign(new Error(code), { code });
}

function placeOf(proxy: Address): https.RequestOptions {
  const { host, port } = firstHost(proxy, { host: 'localhost', port: proxy.scheme === 'https' ? 443 : 80 });
  // Node would take the name from the header `host`, which is the provider's.
  return { host, hostname: host, port, ...(isIP(host) === 0 && { servername: host }) };
}

function authorization({ username, password }: Address): Record<string, string> {
  if (username === undefined && password === undefined) return {};
  return { 'proxy-authorization': `Basic ${Buffer.from(`${username ?? ''}:${password ?? ''}`).toString('base64')}` };
}
