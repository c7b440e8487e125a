import { realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import { httpAddress, writeHostPort } from './address';

/**
 * The names that rows of `model_providers` may use. The writer of a row must not be able to read everything that this
 * process can.
 */
export interface Trust {
  /** Words separated by commas. `*` matches anything; a word after `!` removes what earlier words allow. */
  readonly PROVIDER_KEY_VARIABLES: string;
  readonly PROVIDER_KEY_FOLDER: string;
  readonly PROVIDER_HOSTS: string;
}

/**
 * Whether a provider's files may come from a host with this name although its address is private; false unless it is
 * set.
 */
export function mayHoldFiles(host: string, allowed: string | undefined): boolean {
  return allowed !== undefined && isAllowed(host, allowed);
}

/** The allowed values of a row's `adapter`: the API of its server. */
export const ADAPTERS: readonly string[] = ['openai', 'veo', 'minimax', 'bfl', 'dashscope'];

/** Whether a row may name this variable or file as that of its key. */
export function mayHoldKey(from: string, { PROVIDER_KEY_VARIABLES, PROVIDER_KEY_FOLDER }: Trust): boolean {
  return from.startsWith('/') ? isBelow(PROVIDER_KEY_FOLDER, from) : isAllowed(from, PROVIDER_KEY_VARIABLES);
}

/** Whether a row may have requests, and with them its key and prompts, sent there. */
export function mayBeAsked(baseUrl: string, { PROVIDER_HOSTS }: Trust): boolean {
  const address = httpAddress(baseUrl);
  const [first] = address?.hosts ?? [];
  if (!first) return false;
  const names = [writeHostPort(first), writeHostPort({ host: first.host })];
  return names.some((name) => isAllowed(name, PROVIDER_HOSTS));
}

/** `host` or `host:port` of a provider's address; undefined if it is no address. */
export function hostOf(baseUrl: string): string | undefined {
  const [host] = httpAddress(baseUrl)?.hosts ?? [];
  return host && writeHostPort(host);
}

/** The last matching word decides. */
function isAllowed(name: string, list: string): boolean {
  let allowed = false;
  for (const word of list.split(',')) {
    const denies = word.startsWith('!');
    const pattern = (denies ? word.slice(1) : word).replace(/[\\^$.+?()[\]{}|]/g, '\\$&').replaceAll('*', '.*');
    if (new RegExp(`^${pattern}$`, 'i').test(name)) allowed = !denies;
  }
  return allowed;
}

/** Symbolic links are followed; a file that does not exist is judged by its name. */
function isBelow(folder: string, file: string): boolean {
  const real = (path: string) => {
    try {
      return realpathSync(path);
    } catch {
      return resolve(path);
    }
  };
  const root = real(folder);
  return real(file).startsWith(root.endsWith('/') ? root : `${root}/`);
}
