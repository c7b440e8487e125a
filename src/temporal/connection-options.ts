import { readFileSync } from 'node:fs';
import type { Config } from '../config';
import { defined, StoryreelError } from '../protocol';

/** The options that the client's `Connection` and the worker's `NativeConnection` both accept. */
export interface TemporalConnectionOptions {
  readonly address: string;
  readonly tls: TemporalTls | false;
  readonly apiKey?: string;
  readonly metadata: Record<string, string>;
}

export interface TemporalTls {
  readonly serverNameOverride?: string;
  readonly serverRootCACertificate?: Buffer;
  readonly clientCertPair?: { readonly crt: Buffer; readonly key: Buffer };
}

/**
 * How Temporal is reached, by the settings of its own tools. TEMPORAL_TLS switches TLS on or off. If it is not set, an
 * API key or any other setting of TLS switches it on. Certificates are read again at each call. Throws
 * `Config.Invalid`.
 */
export function temporalConnection(config: Config): TemporalConnectionOptions {
  const { TEMPORAL_ADDRESS: address, TEMPORAL_API_KEY: apiKey, TEMPORAL_GRPC_META: metadata } = config;
  return { address, tls: tlsOf(config), ...(apiKey !== undefined && { apiKey }), metadata: { ...metadata } };
}

function tlsOf(config: Config): TemporalTls | false {
  const { TEMPORAL_TLS, TEMPORAL_TLS_SERVER_NAME: name } = config;
  if (TEMPORAL_TLS === false) return false;
  const ca = pem(config, 'TEMPORAL_TLS_SERVER_CA_CERT');
  const crt = pem(config, 'TEMPORAL_TLS_CLIENT_CERT');
  const key = pem(config, 'TEMPORAL_TLS_CLIENT_KEY');
  if ((crt === undefined) !== (key === undefined)) {
    throw invalid('TEMPORAL_TLS_CLIENT_CERT_PATH and TEMPORAL_TLS_CLIENT_KEY_PATH must be set together, or neither.');
  }
  const isAsked = TEMPORAL_TLS ?? [config.TEMPORAL_API_KEY, name, ca, crt].some((each) => each !== undefined);
  if (!isAsked) return false;
  return {
    ...defined({ serverNameOverride: name, serverRootCACertificate: ca }),
    ...(crt && key && { clientCertPair: { crt, key } }),
  };
}

type Pem = 'TEMPORAL_TLS_SERVER_CA_CERT' | 'TEMPORAL_TLS_CLIENT_CERT' | 'TEMPORAL_TLS_CLIENT_KEY';

/** The content of the file, or of the setting itself. */
function pem(config: Config, what: Pem): Buffer | undefined {
  const [path, data] = [config[`${what}_PATH`], config[`${what}_DATA`]];
  if (path !== undefined && data !== undefined)
    throw invalid(`${what}_PATH or ${what}_DATA must be set, and not both.`);
  const bytes = path === undefined ? data && Buffer.from(data) : readPem(`${what}_PATH`, path);
  if (!bytes) return undefined;
  if (!bytes.includes('-----BEGIN ')) {
    throw invalid(`${what}_${path === undefined ? 'DATA' : 'PATH'} must be PEM, which begins with -----BEGIN.`);
  }
  return bytes;
}

function readPem(setting: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw invalid(`${setting} names a file that cannot be read (${(cause as { code?: string }).code}): ${path}.`);
  }
}

function invalid(what: string): StoryreelError {
  return new StoryreelError('Config.Invalid', `${what} See docs/configuration.md.`);
}
