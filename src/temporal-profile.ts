import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { loadClientConfigFromToml, type ClientConfigProfile, type ConfigDataSource } from '@temporalio/envconfig';
import { StoryreelError } from './protocol';

type Env = Readonly<Record<string, string | undefined>>;

const META = 'TEMPORAL_GRPC_META_';

/**
 * The settings of the profile TEMPORAL_PROFILE in TEMPORAL_CONFIG_FILE, by the names of the environment. Empty unless
 * one of the two is set: a file that just exists in a home directory decides nothing. Throws `Config.Invalid`.
 */
export function settingsOfProfile(env: Env): Record<string, string> {
  const { TEMPORAL_CONFIG_FILE, TEMPORAL_PROFILE } = env;
  if (!TEMPORAL_CONFIG_FILE && !TEMPORAL_PROFILE) return {};
  const file = TEMPORAL_CONFIG_FILE || defaultFile(env);
  const name = TEMPORAL_PROFILE || 'default';
  const profile = profilesIn(file)[name];
  if (!profile) throw invalid(`TEMPORAL_PROFILE must be a profile of ${file}, which has no "${name}".`);
  const { address, namespace, apiKey, tls, grpcMeta } = profile;
  const all = {
    TEMPORAL_ADDRESS: address,
    TEMPORAL_NAMESPACE: namespace,
    TEMPORAL_API_KEY: apiKey,
    TEMPORAL_TLS: tls && String(tls.disabled !== true),
    TEMPORAL_TLS_SERVER_NAME: tls?.serverName,
    ...source('TEMPORAL_TLS_CLIENT_CERT', tls?.clientCert),
    ...source('TEMPORAL_TLS_CLIENT_KEY', tls?.clientKey),
    ...source('TEMPORAL_TLS_SERVER_CA_CERT', tls?.serverCACert),
    ...Object.fromEntries(Object.entries(grpcMeta ?? {}).map(([key, value]) => [META + key, value])),
  };
  // A variable of the environment replaces the profile's value for the same fact, in any form.
  const isReplaced = (setting: string) =>
    /_(PATH|DATA)$/.test(setting) && ['PATH', 'DATA'].some((way) => env[setting.replace(/(PATH|DATA)$/, way)]);
  return Object.fromEntries(
    Object.entries(all).filter((entry): entry is [string, string] => Boolean(entry[1]) && !isReplaced(entry[0])),
  );
}

/** Headers for every request to Temporal, from variables of this beginning: TEMPORAL_GRPC_META_X_TEAM=a is `x-team: a`. */
export function grpcMetadata(env: Env): Record<string, string> {
  const named = Object.entries(env).flatMap(([name, value]) =>
    name.startsWith(META) && value ? [[name.slice(META.length).toLowerCase().replaceAll('_', '-'), value]] : [],
  );
  return Object.fromEntries(named) as Record<string, string>;
}

function profilesIn(file: string): Record<string, ClientConfigProfile> {
  let bytes;
  try {
    bytes = readFileSync(file);
  } catch (cause) {
    throw invalid(`TEMPORAL_CONFIG_FILE cannot be read (${(cause as { code?: string }).code}): ${file}.`);
  }
  try {
    return loadClientConfigFromToml(bytes, { strict: true }).profiles;
  } catch (error) {
    // Only the position of the parser's message is used: the rest of it quotes lines, which may contain keys.
    const { message, line } = error as Error & { line?: number };
    const unknown = /unrecognized.*/.exec(message.split('\n')[0] ?? '')?.[0];
    const where = unknown ? `: key ${unknown}` : line === undefined ? '' : ` (line ${line})`;
    throw invalid(`TEMPORAL_CONFIG_FILE must be a configuration file of Temporal in TOML${where}: ${file}.`);
  }
}

function source(setting: string, given: ConfigDataSource | undefined): Record<string, string> {
  if (!given) return {};
  if ('path' in given) return { [`${setting}_PATH`]: given.path };
  return { [`${setting}_DATA`]: Buffer.from(given.data).toString('utf8') };
}

/** The default file of Temporal's tools. */
function defaultFile(env: Env): string {
  const home = env['HOME'] || homedir();
  const folder =
    process.platform === 'darwin'
      ? join(home, 'Library', 'Application Support')
      : process.platform === 'win32'
        ? (env['APPDATA'] ?? home)
        : env['XDG_CONFIG_HOME'] || join(home, '.config');
  return join(folder, 'temporalio', 'temporal.toml');
}

function invalid(what: string): StoryreelError {
  return new StoryreelError('Config.Invalid', `${what} See docs/configuration.md.`);
}
