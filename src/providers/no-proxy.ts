import { BlockList, isIP } from 'node:net';
import { hostPort } from '../address';

/** Whether NO_PROXY names this host: as a name with all below it, as an address, a network (10.0.0.0/8), or `*`. */
export function isExempt(host: string, port: number, list = ''): boolean {
  const name = host.toLowerCase().replace(/\.$/, '');
  return list
    .toLowerCase()
    .split(/[\s,]+/)
    .some((word) => word !== '' && (word === '*' || isInNetwork(name, word) || isNamed(name, port, word)));
}

function isNamed(name: string, port: number, word: string): boolean {
  const { host, port: only } = placeNamed(word);
  if (only !== undefined && only !== port) return false;
  const domain = host.replace(/^\*?\./, '').replace(/\.$/, '');
  return domain !== '' && (name === domain || (isIP(name) === 0 && name.endsWith(`.${domain}`)));
}

function placeNamed(word: string): { host: string; port?: number } {
  try {
    return isIP(word) === 6 ? { host: word } : hostPort(word);
  } catch {
    return { host: word };
  }
}

function isInNetwork(name: string, word: string): boolean {
  const [, network = '', bits = ''] = /^\[?([\da-f.:]+)\]?\/(\d{1,3})$/.exec(word) ?? [];
  const family = isIP(network) === 6 ? 'ipv6' : 'ipv4';
  if (isIP(network) === 0 || isIP(network) !== isIP(name) || Number(bits) > (family === 'ipv6' ? 128 : 32))
    return false;
  const list = new BlockList();
  list.addSubnet(network, Number(bits), family);
  return list.check(name, family);
}
