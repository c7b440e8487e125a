import { isIPv6 } from 'node:net';

/** The one place that parses URLs and `host:port`. Its error messages never contain the text of a wrong address. */

export interface Address {
  /** The scheme without its colon, in small letters. */
  readonly scheme: string;
  readonly username?: string;
  readonly password?: string;
  /** At least one, unless the URL names none: `postgres:///storyreel`. IPv6 addresses are without their brackets. */
  readonly hosts: readonly HostPort[];
  /** The path from its slash on, as it was written. */
  readonly path: string;
  readonly query: URLSearchParams;
}

export interface HostPort {
  readonly host: string;
  readonly port?: number;
}

/** The correction that an address needs, as words after "must be a URL like …". It contains nothing of the address. */
export class BadAddress extends Error {
  override readonly name = 'BadAddress';
}

/** Networks by the names that settings have for them, as in other programs. */
export const NAMED_NETWORKS: Readonly<Record<string, readonly string[]>> = {
  loopback: ['127.0.0.0/8', '::1'],
  linklocal: ['169.254.0.0/16', 'fe80::/10'],
  uniquelocal: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'],
};

const ENCODED =
  'with the special characters of its user, password and path percent-encoded (@ as %40, # as %23, / as %2F, % as %25, a comma as %2C)';
const PARTS = /^([a-z][a-z\d+.-]*):\/\/([^/?#]*)(\/[^?#]*)?(?:\?([^#]*))?$/i;
const HOST = /^(\[[\da-f:.]+\]|[^\s:@[\]/?#%,]+)(?::(\d{1,5}))?$/i;
const LAST_PORT = 65_535;

/** Takes a URL apart, user and password decoded. Throws `BadAddress`. */
export function readAddress(text: string): Address {
  // If a password is not encoded, these characters end the address early, and its rest would be taken for a host or a
  // path.
  if (/[\s#\\]/.test(text) || !decodes(text)) throw new BadAddress(ENCODED);
  const [, scheme, authority = '', path = '', query = ''] = PARTS.exec(text) ?? [];
  if (scheme === undefined) throw new BadAddress('with its scheme');
  if (path.includes('@') || query.includes('@')) throw new BadAddress(ENCODED);
  const at = authority.lastIndexOf('@');
  const [username = '', ...rest] = authority.slice(0, Math.max(at, 0)).split(':');
  const password = rest.join(':');
  const names = authority.slice(at + 1);
  return {
    scheme: scheme.toLowerCase(),
    ...(username !== '' && { username: decodeURIComponent(username) }),
    ...(password !== '' && { password: decodeURIComponent(password) }),
    hosts: names === '' ? [] : names.split(',').map(hostPort),
    path,
    query: new URLSearchParams(query),
  };
}

/** Takes `host:port`, `[::1]:port` or a host alone apart. Throws `BadAddress`. */
export function hostPort(text: string): HostPort {
  const [, name, port] = HOST.exec(text) ?? [];
  const host = name?.replace(/^\[|\]$/g, '');
  // The beginning of a password that is not encoded looks like a host with a port that is no number.
  if (host === undefined) throw new BadAddress(ENCODED);
  if (name !== host && !isIPv6(host)) throw new BadAddress('with an IPv6 address in its brackets');
  if (Number(port ?? 0) > LAST_PORT) throw new BadAddress(`with a port of at most ${LAST_PORT}`);
  return { host, ...(port !== undefined && { port: Number(port) }) };
}

/** Whether it is a URL of one of these schemes that leads to one host, as every reader takes it. Throws `BadAddress`. */
export function leadsToOneHost(text: string, schemes: readonly string[], mayLackHost = false): boolean {
  const { scheme, hosts } = readAddress(text);
  if (!schemes.includes(scheme) || hosts.length > 1) return false;
  return hosts.length === 0 ? mayLackHost : URL.canParse(text);
}

/** The URL of a request that is about to be sent, which may be relative to another. Throws `TypeError`. */
export function urlOf(target: string | URL, base?: URL): URL {
  return new URL(target, base);
}

/** The address of an HTTP server; undefined if programs would read the text in different ways. */
export function httpAddress(text: string): Address | undefined {
  try {
    if (!leadsToOneHost(text, ['http', 'https'])) return undefined;
    // One host has many spellings; the request is sent to this one.
    const { hostname, port } = new URL(text);
    return { ...readAddress(text), hosts: [hostPort(port ? `${hostname}:${port}` : hostname)] };
  } catch {
    return undefined;
  }
}

/** The first host of a URL, with the port that it has or that its scheme implies. */
export function firstHost({ hosts: [first] }: Address, otherwise: Required<HostPort>): Required<HostPort> {
  return { ...otherwise, ...first };
}

export function writeHostPort({ host, port }: HostPort): string {
  const name = host.includes(':') ? `[${host}]` : host;
  return port === undefined ? name : `${name}:${port}`;
}

/** A URL for display: its address, without user, password and parameters. */
export function shownAddress(url: string): string {
  try {
    const { scheme, hosts, path } = readAddress(url);
    return `${scheme}://${hosts.map(writeHostPort).join(',')}${path}`;
  } catch {
    return '(set)';
  }
}

/** The URLs of a list, each with its scheme: a comma within one separates its hosts. */
export function urlsIn(list: string): string[] {
  return list.split(/,(?=[a-z+]+:\/\/)/i);
}

/** The hosts of one or several URLs, as they may be shown. */
export function shownHosts(urls: string): string {
  return urlsIn(urls)
    .map((url) => shownAddress(url).replace(/^[\w+]+:\/\/([^/]+).*$/, '$1'))
    .join(', ');
}

/** An address on this machine, which no proxy can reach for us. */
export function isLoopback(host: string): boolean {
  return /^(localhost|.*\.localhost|127(\.\d{1,3}){3}|::1|0:0:0:0:0:0:0:1|::ffff:127(\.\d{1,3}){3})\.?$/i.test(host);
}

function decodes(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

const LISTEN_ADVICE: Readonly<Record<string, string>> = {
  EADDRINUSE: 'Another program has this port: choose another port, or end that program.',
  EACCES: 'This user may not open this port: choose one above 1023.',
  EADDRNOTAVAIL: 'This machine has no such address: choose one of its own, or 0.0.0.0 for all.',
};

/** Why a server cannot listen on the address of a setting, and what to do. */
export function listenFault(setting: string, address: string, code = 'no code'): string {
  const advice = LISTEN_ADVICE[code];
  return `${setting} ${address} cannot be listened on (${code}).${advice === undefined ? '' : ` ${advice}`}`;
}
