import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { urlsIn } from './address';
import { keepSecrets } from './config-secrets';
import { bucketAddress } from './media-url';
import { StoryreelError } from './protocol';
import { keepSecret } from './scrub';
import {
  TEXT_CHECKS,
  address,
  hostNames,
  httpUrl,
  isOfSentinels,
  networks,
  onOff,
  prices,
  proxyUrl,
  readBy,
  redisUrl,
  sentinelUrl,
  textChecks,
  url,
  whole,
  words,
  yesNo,
} from './setting-values';
import { grpcMetadata, settingsOfProfile } from './temporal-profile';

export const KEY_VARIABLES = '*_KEY,*_TOKEN,!*_ACCESS_KEY,!*_PRIVATE_KEY,!*_SECRET_KEY';

/**
 * Every setting, in the order of docs/configuration.md, which a test compares with this table. Times are in
 * milliseconds unless the name states another unit.
 */
const schema = z.object({
  NODE_ENV: z
    .enum(['development', 'test', 'production'], 'must be development, test or production')
    .default('development'),
  LOG_LEVEL: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], 'must be a pino level, for example info')
    .default('info'),
  LOG_FORMAT: z.enum(['json', 'pretty'], 'must be json or pretty').default('json'),

  TEMPORAL_ADDRESS: address.default('localhost:7233'),
  TEMPORAL_NAMESPACE: z.string().min(1).default('default'),
  TEMPORAL_UI_URL: httpUrl.optional(),
  TEMPORAL_TASK_QUEUE: z.string().min(1).default('storyreel'),
  TEMPORAL_API_KEY: z.string().min(1).optional(),
  TEMPORAL_TLS: yesNo.optional(),
  TEMPORAL_TLS_SERVER_CA_CERT_PATH: z.string().min(1).optional(),
  TEMPORAL_TLS_SERVER_CA_CERT_DATA: z.string().min(1).optional(),
  TEMPORAL_TLS_CLIENT_CERT_PATH: z.string().min(1).optional(),
  TEMPORAL_TLS_CLIENT_CERT_DATA: z.string().min(1).optional(),
  TEMPORAL_TLS_CLIENT_KEY_PATH: z.string().min(1).optional(),
  TEMPORAL_TLS_CLIENT_KEY_DATA: z.string().min(1).optional(),
  TEMPORAL_TLS_SERVER_NAME: z.string().min(1).optional(),
  TEMPORAL_CONFIG_FILE: z.string().min(1).optional(),
  TEMPORAL_PROFILE: z.string().min(1).optional(),
  PAYLOAD_KEY_FILE: z.string().min(1).optional(),
  DATABASE_URL: url(['postgres', 'postgresql'], 'postgres://user:password@localhost:5432/storyreel', true).default(
    'postgres://localhost:5432/storyreel',
  ),
  DATABASE_POOL_SIZE: whole(1, 500).default(20),
  REDIS_URL: z
    .string()
    .superRefine((text, context) => {
      const url = isOfSentinels(text) ? sentinelUrl : redisUrl;
      const issue = urlsIn(text).flatMap((node) => url.safeParse(node).error?.issues ?? [])[0];
      if (issue) context.addIssue({ code: 'custom', message: issue.message });
    })
    .default('redis://localhost:6379'),
  REDIS_CLUSTER: onOff.default(false),
  REDIS_SENTINEL_USERNAME: z.string().min(1).optional(),
  REDIS_SENTINEL_PASSWORD: z.string().min(1).optional(),
  REDIS_TLS_SERVER_CA_CERT_PATH: z.string().min(1).optional(),
  REDIS_TLS_CLIENT_CERT_PATH: z.string().min(1).optional(),
  REDIS_TLS_CLIENT_KEY_PATH: z.string().min(1).optional(),
  REDIS_TLS_SERVER_NAME: z.string().min(1).optional(),
  MEDIA_DIR: z.string().min(1).default('.storyreel/media'),
  MEDIA_URL: readBy(
    (text) => bucketAddress(text).bucket !== '',
    'a URL like s3://bucket/prefix?region=eu-central-1&endpoint=https://s3.example',
  ).optional(),
  MEDIA_FREE_MB: whole(0, 1_000_000).default(100),
  FFMPEG_PATH: z.string().min(1).default('ffmpeg'),

  OPENAI_BASE_URL: httpUrl.optional(),
  OPENAI_API_KEY: z.string().min(1).optional(),
  STORYREEL_TEXT_MODEL: z.string().min(1).default('gpt-6-luna'),
  STORYREEL_TEXT_JSON_SCHEMA: onOff.default(true),
  STORYREEL_TEXT_CONTINUATION: z.enum(['none', 'prefill'], 'must be none or prefill').default('none'),
  STORYREEL_REASONING_TOKENS: whole(0, 1_000_000).default(0),
  STORYREEL_IMAGE_BASE_URL: httpUrl.optional(),
  STORYREEL_IMAGE_API_KEY: z.string().min(1).optional(),
  STORYREEL_IMAGE_MODEL: z.string().min(1).default('gpt-image-2.5-flare'),
  STORYREEL_VIDEO_BASE_URL: httpUrl.optional(),
  STORYREEL_VIDEO_API_KEY: z.string().min(1).optional(),
  STORYREEL_VIDEO_MODEL: z.string().min(1).default('veo-3.1'),
  STORYREEL_IDEMPOTENCY_KEY: onOff.default(false),
  STORYREEL_PRICES: prices.optional(),
  PROVIDER_KEY_VARIABLES: words.default(KEY_VARIABLES),
  PROVIDER_KEY_FOLDER: z.string().startsWith('/', 'must be an absolute path').default('/run/secrets'),
  PROVIDER_HOSTS: words.default('*'),
  PROVIDER_MEDIA_HOSTS: words.optional(),
  HTTPS_PROXY: proxyUrl.optional(),
  HTTP_PROXY: proxyUrl.optional(),
  NO_PROXY: z.string().min(1).optional(),
  FRAME_SIZE: z
    .string()
    .regex(/^[1-9]\d{1,3}x[1-9]\d{1,3}$/, 'must be WIDTHxHEIGHT, for example 1280x720')
    .default('1280x720'),

  TEXT_CONCURRENCY: whole(1, 2000).default(100),
  IMAGE_CONCURRENCY: whole(1, 500).default(8),
  VIDEO_CONCURRENCY: whole(1, 500).default(8),
  FILM_CONCURRENCY: whole(1, 50).default(2),

  FIRST_TOKEN_TIMEOUT_MS: whole(100, 3_600_000).default(60_000),
  INTER_CHUNK_TIMEOUT_MS: whole(100, 3_600_000).default(30_000),
  VIDEO_POLL_MS: whole(50, 600_000).default(2_000),
  THINKING_TIMEOUT_MS: whole(100, 3_600_000).optional(),
  MAX_TEXT_BYTES: whole(1_000, 10_000_000).default(1_000_000),
  MAX_THOUGHT_BYTES: whole(1_000, 100_000_000).default(400_000),
  TEXT_CHECKS: textChecks.default(new Set(TEXT_CHECKS)),
  SCENE_TOLERANCE: whole(0, 1_000).default(0),
  SCENE_MAX_SECONDS: whole(1, 60).default(20),
  OUTAGE_RETRY_MS: whole(10, 600_000).default(2_000),
  SHUTDOWN_GRACE_MS: whole(0, 3_600_000).default(10_000),
  WORKER_DEPLOYMENT_NAME: z
    .string()
    .regex(/^[^\s.:]{1,100}$/, 'must be a name without spaces, dots and colons, for example storyreel')
    .optional(),
  WORKER_BUILD_ID: z
    .string()
    .regex(/^[^\s:]{1,100}$/, 'must be a version without spaces and colons, for example 1.4.0 or a commit')
    .optional(),
  RECONCILE_MINUTES: whole(0, 1_440).default(5),
  OUTCOME_RETENTION_DAYS: whole(1, 36_500).default(30),

  LEGACY_CHANNELS: onOff.default(true),
  LEGACY_FULL_TEXT: onOff.default(false),
  LOG_MAX_EVENTS: whole(1_000, 10_000_000).default(200_000),
  LOG_EXPIRY_SECONDS: whole(1, 31_536_000).default(3_600),

  GATEWAY_ADDRESS: address.default('127.0.0.1:8787'),
  GATEWAY_HOSTS: hostNames.optional(),
  GATEWAY_TRUSTED_PROXIES: networks.default([]),
  GATEWAY_REQUESTS_PER_SECOND: whole(0, 1_000_000).default(200),
  GATEWAY_STREAMS: whole(0, 1_000_000).default(50),
  GATEWAY_WAITS: whole(0, 1_000_000).default(50),
  GATEWAY_CONNECTIONS: whole(0, 1_000_000).default(100),
  GATEWAY_SIGNING_KEYS: z
    .string()
    .regex(
      /^[\w.-]+:[\w+/-]{43,}={0,2}(,[\w.-]+:[\w+/-]{43,}={0,2})*$/,
      'must be name:key,…, each key 32 bytes or more in base64',
    )
    .optional(),

  METRICS_ADDRESS: address.optional(),
  OTEL_EXPORTER_OTLP_ENDPOINT: httpUrl.optional(),
  OTEL_EXPORTER_OTLP_HEADERS: z.string().min(1).optional(),
  OTEL_SERVICE_NAME: z.string().min(1).optional(),
  OTEL_RESOURCE_ATTRIBUTES: z
    .string()
    .regex(
      /^[^\s,=]+=[^,=]*(,\s*[^\s,=]+=[^,=]*)*$/,
      'must be name=value,…, for example deployment.environment.name=production',
    )
    .optional(),
});

/** All settings, checked and with their defaults. */
export interface Config extends z.output<typeof schema> {
  /** Headers for every request to Temporal, from the variables TEMPORAL_GRPC_META_…. */
  readonly TEMPORAL_GRPC_META: Readonly<Record<string, string>>;
}
export const SETTINGS: Readonly<Record<string, unknown>> = schema.shape;

/** Settings by the names of docs/configuration.md, as text. */
export type Settings = Readonly<Record<string, string | undefined>>;

/** Settings from an object alone: the environment of the program around them plays no part. Throws `Config.Invalid`. */
export function configOf(settings: Config | Settings): Config {
  const given = textsIn(settings);
  return isConfig(given) ? given : readConfig(given);
}

function isConfig(settings: Config | Settings): settings is Config {
  return typeof settings.TEMPORAL_GRPC_META === 'object';
}

/** Programs without types give anything. */
function textsIn(settings: Config | Settings): Config | Settings {
  let wrong: string | undefined;
  if (typeof settings !== 'object') throw invalid('The settings must be an object of texts');
  try {
    if (isConfig(settings)) return settings;
    wrong = Object.entries(settings).find(([, value]) => value !== undefined && typeof value !== 'string')?.[0];
  } catch (cause) {
    throw invalid('The settings must be an object of texts', cause);
  }
  if (wrong !== undefined) throw invalid(`${wrong} must be a text`);
  return settings;
}

/** Addresses that production must set: a default would reach the wrong service, or none. */
const REQUIRED_IN_PRODUCTION = ['TEMPORAL_ADDRESS', 'DATABASE_URL', 'REDIS_URL'] as const;

/**
 * Reads the settings. Throws `Config.Invalid` with one line for the first value that is wrong; the value itself is left
 * out, because it may be a secret. An empty value, or one of white space, counts as not set.
 */
export function readConfig(env: Readonly<Record<string, string | undefined>> = process.env): Config {
  const set = (all: typeof env) =>
    Object.entries(all).filter(([, value]) => value !== undefined && value.trim() !== '');
  const own = Object.fromEntries(set(env));
  const given = { ...settingsOfProfile(own), ...byOtherNames(own), ...own };
  const parsed = schema.safeParse(given);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw invalid(`${issue?.path.join('.')} ${issue?.message}`);
  }
  const misfit = misfitOf(parsed.data, given);
  if (misfit !== undefined) throw invalid(misfit);
  const config = { ...parsed.data, TEMPORAL_GRPC_META: grpcMetadata(given) };
  keepSecrets(given, config);
  return config;
}

/** What is wrong with settings that are right one by one; undefined if they fit together. */
function misfitOf(
  { NODE_ENV, REDIS_URL, REDIS_CLUSTER, WORKER_DEPLOYMENT_NAME, WORKER_BUILD_ID }: z.output<typeof schema>,
  given: Settings,
): string | undefined {
  if (isOfSentinels(REDIS_URL) && REDIS_CLUSTER) {
    return 'REDIS_URL names sentinels, which serve no cluster: REDIS_CLUSTER must be off';
  }
  if (urlsIn(REDIS_URL).length > 1 && !REDIS_CLUSTER) {
    return 'REDIS_URL names several nodes, which needs REDIS_CLUSTER=on';
  }
  if ((WORKER_DEPLOYMENT_NAME === undefined) !== (WORKER_BUILD_ID === undefined)) {
    return 'WORKER_DEPLOYMENT_NAME and WORKER_BUILD_ID must be set together, or neither';
  }
  const missing = REQUIRED_IN_PRODUCTION.find((name) => given[name] === undefined);
  return NODE_ENV === 'production' && missing ? `${missing} must be set in production` : undefined;
}

function invalid(why: string, cause?: unknown): StoryreelError {
  return new StoryreelError('Config.Invalid', `${why}. See docs/configuration.md.`, { cause });
}

/** Other names that a setting may have: in small letters, as many programs know it, or as it was called before. */
const OTHER_NAMES = {
  HTTPS_PROXY: 'https_proxy',
  HTTP_PROXY: 'http_proxy',
  NO_PROXY: 'no_proxy',
  LEGACY_CHANNELS: 'UPSTREAM_CHANNELS',
  LEGACY_FULL_TEXT: 'UPSTREAM_FULL_TEXT',
};

function byOtherNames(env: Readonly<Record<string, string | undefined>>): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(OTHER_NAMES).map(([name, other]) => [name, env[other]]));
}

/** The key in the named environment variable or, if the name is a path, in that file. */
export function readSecret(from: string): string {
  const value = (from.startsWith('/') ? secretFile(from) : process.env[from])?.trim();
  if (!value) throw new StoryreelError('Provider.NotConfigured', `The key ${from} is not set or empty.`);
  keepSecret(value);
  return value;
}

function secretFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    throw new StoryreelError('Provider.NotConfigured', `The key file ${path} cannot be read.`);
  }
}
