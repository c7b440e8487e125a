import { BlockList, isIP, isIPv6, SocketAddress } from 'node:net';
import type { FastifyRequest } from 'fastify';
import { NAMED_NETWORKS } from '../address';
import type { App } from './app';

/** What proxies add. */
const MARKS =
  /^(x-forwarded(-.+)?|x-(real|client)-ip|x-original-(for|host)|(true-client|cf-connecting)-ip|forwarded|via)$/;

/** Whether an address is in one of these addresses, networks and named ranges. A closed socket has no address. */
export function isWithin(places: readonly string[]): (address: string | undefined) => boolean {
  // One for each family: a network of IPv6 would be found to hold addresses of IPv4, too.
  const lists = { ipv4: new BlockList(), ipv6: new BlockList() };
  for (const each of places.flatMap((name) => NAMED_NETWORKS[name] ?? [name])) {
    const [given = '', bits = isIPv6(given) ? 128 : 32] = each.split('/');
    const address = canonicalAddress(given) ?? given;
    const family = familyOf(address);
    // `::ffff:10.0.0.0/104` is 10.0.0.0/8; a shorter one is no network of IPv4.
    const prefix = Number(bits) - (family === familyOf(given) ? 0 : 96);
    if (prefix > 0) lists[family].addSubnet(address, prefix, family);
  }
  const check = (address: string | undefined) => {
    const known = canonicalAddress(address ?? '');
    return known !== undefined && lists[familyOf(known)].check(known, familyOf(known));
  };
  // Whoever comes through a proxy comes from the same address as the one before.
  let last: { readonly address: string | undefined; readonly isWithin: boolean } | undefined;
  return (address) => {
    if (last === undefined || last.address !== address) last = { address, isWithin: check(address) };
    return last.isWithin;
  };
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIPv6(address) ? 'ipv6' : 'ipv4';
}

/**
 * Makes `request.ip` an address in one form, whatever the headers contain. Fastify takes the last text of
 * `X-Forwarded-For` that no trusted proxy has for the caller, even if it is no address. Here, the list ends where it
 * cannot be read: what is further left was not written by a trusted proxy. The caller is then the last proxy itself.
 */
export function readForwarded(app: App): void {
  app.addHook('onRequest', ({ raw: { headers } }, _reply, done) => {
    const stated = headers['x-forwarded-for'];
    if (stated === undefined) return done();
    const readable = readableHops(String(stated)).join(', ');
    if (readable === '') delete headers['x-forwarded-for'];
    else headers['x-forwarded-for'] = readable;
    done();
  });
}

/** Whether a proxy has passed the request on, trusted or not. */
export function isForwarded({ headers }: Pick<FastifyRequest, 'headers'>): boolean {
  return Object.keys(headers).some((name) => MARKS.test(name));
}

/** The addresses at the end of a list of `X-Forwarded-For`, up to the last text that is none. */
export function readableHops(list: string): string[] {
  const hops: string[] = [];
  for (const text of list.split(',').reverse()) {
    const address = canonicalAddress(text.trim());
    if (address === undefined) break;
    hops.unshift(address);
  }
  return hops;
}

/** An IP address in the one form that it has in all programs, without port and zone; undefined for other texts. */
export function canonicalAddress(text: string): string | undefined {
  const [, bracketed, plain] = /^(?:\[([^\]]+)\]|([\d.]+))(?::\d{1,5})?$/.exec(text) ?? [];
  const bare = (bracketed ?? plain ?? text).replace(/%.*$/, '');
  const version = isIP(bare);
  if (version === 0) return undefined;
  // The other form of Node's `isIP` is the one that all programs have: no zeros in front, four numbers.
  if (version === 4) return bare;
  const { address } = new SocketAddress({ address: bare, family: 'ipv6' });
  return address.replace(/^::ffff:(?=[\d.]+$)/, '');
}

/**
 * Whom an address counts as. One subscriber of IPv6 has all addresses of a network of 64 bits, and could have a new one
 * for each request. A text that is no address counts as itself.
 */
export function networkOf(address: string): string {
  const known = canonicalAddress(address) ?? address;
  if (isIP(known) !== 6) return known;
  const [left = [], right = []] = known
    .replace(/[\d.]+\.\d+$/, '0:0')
    .split('::')
    .map(groupsOf);
  const zeros = Array<string>(8 - left.length - right.length).fill('0');
  return `${[...left, ...zeros, ...right].slice(0, 4).join(':')}::/64`;
}

function groupsOf(part: string): string[] {
  return part === '' ? [] : part.split(':');
}
