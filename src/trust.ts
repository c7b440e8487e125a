import { realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import { httpAddress, writeHostPort } from './address';

/** What the rows of `model_providers` may name. Whoever may write them must not thereby read whatever this process can. */
export interface Trust {
  /** Words parted by commas; `*` stands for anything, and a word after `!` takes away from what those before it allow. */
  readonly PROVIDER_KEY_VARIABLES: string;
  readonly PROVIDER_KEY_FOLDER: string;
  readonly PROVIDER_HOSTS: string;
}

/** Whether a provider's files may come from a host of this name although its address is private; none unless it is set. */
export function mayHoldFiles(host: string, allowed: string | undefined): boolean {
  return allowed !== undefined && isAllowed(host, allowed);
}

/** What a row's `adapter` may be: the API that its server has. */
export const ADAPTERS: readonly string[] = ['openai'];

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

/** `host` or `host:port` of a provider's address; undefined where it is no address. */
export function hostOf(baseUrl: string): string | undefined {
  const [host] = httpAddress(baseUrl)?.hosts ?? [];
  return host && writeHostPort(host);
}

/** The last word that fits decides. */
function isAllowed(name: string, list: string): boolean {
  let allowed = false;
  for (const word of list.split(',')) {
    const denies = word.startsWith('!');
    const pattern = (denies ? word.slice(1) : word).replace(/[\\^$.+?()[\]{}|]/g, '\\$&').replaceAll('*', '.*');
    if (new RegExp(`^${pattern}$`, 'i').test(name)) allowed = !denies;
  }
  return allowed;
}

/** Where symbolic links lead; a file that is not there is judged by its name. */
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
