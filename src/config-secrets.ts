import { readAddress, urlsIn } from './address';
import type { Config } from './config';
import { keepSecret } from './scrub';

/** The secrets of this process, which must not leave it: keys by their variables' names, passwords in URLs. */
export function keepSecrets(given: Readonly<Record<string, string | undefined>>, config: Config): void {
  for (const [name, value] of Object.entries(given)) {
    if (/(?:KEY|TOKEN|SECRET|PASSWORD|PASSWD)$/i.test(name) && !value?.startsWith('/')) keepSecret(value?.trim());
  }
  const { DATABASE_URL, REDIS_URL, OPENAI_BASE_URL, STORYREEL_IMAGE_BASE_URL, STORYREEL_VIDEO_BASE_URL } = config;
  const { HTTPS_PROXY, HTTP_PROXY, OTEL_EXPORTER_OTLP_ENDPOINT } = config;
  for (const url of [DATABASE_URL, ...urlsIn(REDIS_URL)]) keepPassword(url);
  for (const url of [OPENAI_BASE_URL, STORYREEL_IMAGE_BASE_URL, STORYREEL_VIDEO_BASE_URL]) keepPassword(url);
  for (const url of [HTTPS_PROXY, HTTP_PROXY, OTEL_EXPORTER_OTLP_ENDPOINT]) keepPassword(url);
  // The armour of a PEM file is no secret.
  for (const line of config.TEMPORAL_TLS_CLIENT_KEY_DATA?.split('\n') ?? []) {
    if (!line.startsWith('-----')) keepSecret(line.trim());
  }
  for (const [name, value] of Object.entries(config.TEMPORAL_GRPC_META)) {
    if (/auth|cookie|key|token|secret|password/.test(name)) keepSecret(value);
  }
  for (const key of config.GATEWAY_SIGNING_KEYS?.split(',') ?? []) keepSecret(key.split(':')[1]);
  for (const header of config.OTEL_EXPORTER_OTLP_HEADERS?.split(',') ?? []) {
    keepSecret(header.slice(header.indexOf('=') + 1).trim());
  }
}

/**
 * A password equal to the user's or the database's name is not secret, and would remove these names from every text.
 */
function keepPassword(url: string | undefined): void {
  if (url === undefined) return;
  const { username, password, hosts, path, query } = readAddress(url);
  for (const [name, value] of query) if (/key|token|password/i.test(name)) keepSecret(value);
  if (password === undefined || [username, hosts[0]?.host, path.slice(1)].includes(password)) return;
  keepSecret(password);
}
