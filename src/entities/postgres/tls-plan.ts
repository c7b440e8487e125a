import { readFileSync } from 'node:fs';
import type { ConnectionOptions } from 'node:tls';
import { defined, StoryreelError } from '../../protocol';

/** `either`: TLS if the server offers it. */
export type Transport = 'plain' | 'tls' | 'either';

/** How connections to Postgres are made, from what its URL asks for. */
export interface TlsPlan {
  /** The URL without what is read here. */
  readonly url: string;
  /** In this order, until the server lets us in one way. */
  readonly transports: readonly [Transport, ...Transport[]];
  readonly options: ConnectionOptions;
  /** TLS from the first byte on, for a server that expects it. */
  readonly direct: boolean;
}

const MODES = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full', 'no-verify'] as const;
type Mode = (typeof MODES)[number];

const TRANSPORTS: Readonly<Record<Mode, TlsPlan['transports']>> = {
  disable: ['plain'],
  allow: ['plain', 'tls'],
  prefer: ['either', 'plain'],
  require: ['tls'],
  'verify-ca': ['tls'],
  'verify-full': ['tls'],
  'no-verify': ['tls'],
};

/** `ssl` and `no-verify` are the driver's own; the others are libpq's. */
const PARAMETERS = [
  'sslmode',
  'sslrootcert',
  'sslcert',
  'sslkey',
  'sslpassword',
  'sslnegotiation',
  'ssl',
  'uselibpqcompat',
];

/** Reads `sslmode` and its related parameters, with their meaning in libpq. Throws `Config.Invalid`. */
export function tlsPlan(url: string): TlsPlan {
  const [, address = url, query = ''] = /^([^?]*)\?(.*)$/s.exec(url) ?? [];
  const given = new URLSearchParams(query);
  const value = (name: string) => given.get(name) || undefined;
  const system = value('sslrootcert') === 'system';
  const mode = modeOf(value('sslmode'), value('ssl'), system);
  const ca = system ? undefined : fileOf('sslrootcert', value('sslrootcert'));
  const cert = fileOf('sslcert', value('sslcert'));
  const key = fileOf('sslkey', value('sslkey'));
  if ((cert === undefined) !== (key === undefined)) throw invalid('needs sslcert and sslkey together, or neither');
  const passphrase = value('sslpassword');
  const direct = value('sslnegotiation') === 'direct';
  if (direct && TRANSPORTS[mode][0] !== 'tls') throw invalid('needs sslmode=require or more for sslnegotiation=direct');
  for (const name of PARAMETERS) given.delete(name);
  return {
    url: given.size > 0 ? `${address}?${given.toString()}` : address,
    transports: TRANSPORTS[mode],
    options: { ...defined({ ca, cert, key, passphrase }), ...verification(mode, ca !== undefined) },
    direct,
  };
}

function modeOf(mode: string | undefined, ssl: string | undefined, system: boolean): Mode {
  if (mode === undefined) {
    if (ssl === 'true' || ssl === '1' || system) return 'verify-full';
    return ssl === 'false' || ssl === '0' ? 'disable' : ssl === 'no-verify' ? 'no-verify' : 'prefer';
  }
  const known = MODES.find((name) => name === mode);
  if (!known) throw invalid(`has an unknown sslmode; it must be one of ${MODES.slice(0, -1).join(', ')}`);
  if (system && known !== 'verify-full') throw invalid('needs sslmode=verify-full for sslrootcert=system');
  return known;
}

/** If there is a root certificate, `require` checks the chain, as in libpq. Only `verify-full` checks the name. */
function verification(mode: Mode, hasRoot: boolean): ConnectionOptions {
  if (mode === 'verify-full') return { rejectUnauthorized: true };
  if (mode === 'verify-ca' || (mode === 'require' && hasRoot)) {
    return { rejectUnauthorized: true, checkServerIdentity: () => undefined };
  }
  return { rejectUnauthorized: false };
}

function fileOf(name: string, path: string | undefined): Buffer | undefined {
  if (path === undefined) return undefined;
  try {
    return readFileSync(path);
  } catch (cause) {
    const { code = 'unreadable' } = cause as { code?: string };
    throw new StoryreelError(
      'Config.Invalid',
      `DATABASE_URL names a file in ${name} that cannot be read (${code}): ${path}.`,
      {
        cause,
      },
    );
  }
}

function invalid(what: string): StoryreelError {
  return new StoryreelError('Config.Invalid', `DATABASE_URL ${what}. See docs/configuration.md.`);
}
