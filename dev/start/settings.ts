import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setForOthers } from '../child-env';
import type { Env } from '../../src/program-env';
import { SETTINGS } from '../../src/config';
import { quoted } from '../../src/shell-word';
import type { LocalModel, Stack } from '../stack';
import { DIST } from './guest';

interface Services {
  readonly stateDir: string;
  readonly stack: Pick<Stack, 'temporal' | 'postgres' | 'redis' | 'ffmpegPath'>;
  /** Base URL of the stand-in provider, if one runs. */
  readonly studio?: string;
  readonly model?: LocalModel;
}

/** Whether any kind of result needs the stand-in provider. */
export function needsStudio(env: Env, localModel: boolean): boolean {
  return !(localModel || hasText(env)) || !env['STORYREEL_IMAGE_BASE_URL'] || !env['STORYREEL_VIDEO_BASE_URL'];
}

/** For a shell with these variables: an empty value counts as absent. */
export function blanksForTemporal(env: Env): Record<string, string> {
  return Object.fromEntries(
    setForOthers(env)
      .filter(leadsToTemporal)
      .map((name) => [name, '']),
  );
}

/** Our settings for the services that run here. A variable that the environment sets itself stays unchanged. */
export function settingsFor(env: Env, { stateDir, stack, studio, model }: Services): Record<string, string> {
  const found = {
    TEMPORAL_ADDRESS: stack.temporal.address,
    DATABASE_URL: stack.postgres.url,
    REDIS_URL: stack.redis.url,
    // The films come into the folder of this start.
    MEDIA_URL: '',
    ...(model && { OPENAI_BASE_URL: model.baseUrl, OPENAI_API_KEY: 'none', STORYREEL_TEXT_MODEL: model.model }),
  };
  const unlessSet = {
    MEDIA_DIR: join(stateDir, 'media'),
    FFMPEG_PATH: stack.ffmpegPath,
    ...(studio !== undefined && {
      ...(!hasText(env) && { OPENAI_BASE_URL: studio }),
      STORYREEL_IMAGE_BASE_URL: studio,
      STORYREEL_VIDEO_BASE_URL: studio,
      // The stand-in finds a repeated request by its key; real providers may not.
      ...(!env['STORYREEL_IMAGE_BASE_URL'] && !env['STORYREEL_VIDEO_BASE_URL'] && { STORYREEL_IDEMPOTENCY_KEY: 'on' }),
    }),
    // Both continue a last assistant message byte for byte.
    ...((model || (studio !== undefined && !hasText(env))) && { STORYREEL_TEXT_CONTINUATION: 'prefill' }),
    // Small and quick: two cores draw, render and encode everything here.
    FRAME_SIZE: '640x360',
    VIDEO_POLL_MS: '200',
    SHUTDOWN_GRACE_MS: '2000',
    // The local model works at two requests at once; others would only wait, and time out.
    ...(model && { TEXT_CONCURRENCY: '2', FIRST_TOKEN_TIMEOUT_MS: '180000' }),
    // It is too small to write what every check asks for.
    ...(model && { TEXT_CHECKS: 'off' }),
  };
  const own = Object.entries(unlessSet).filter(([name]) => !env[name]);
  return { ...Object.fromEntries(own), ...found };
}

/** For this process alone: another one cannot have the same address, and may need another mode. */
const NOT_SHARED = ['NODE_ENV', 'METRICS_ADDRESS', 'GATEWAY_ADDRESS'];

/** Our settings in the environment, so that a second worker has them, too. */
export function ownSettings(env: Env): Record<string, string> {
  const own = Object.keys(SETTINGS).filter((name) => !NOT_SHARED.includes(name));
  const names = new Set([...own, ...Object.keys(env).filter(leadsToTemporal)]);
  return Object.fromEntries([...names].flatMap((name) => (env[name] ? [[name, env[name]]] : [])));
}

/** In a shell that has read an env file: a mark of each setting that the start has made, and not its user. */
const MADE = 'STORYREEL_MADE_BY_START';

/**
 * Takes out of this process's environment what the env file of an earlier start has brought into its shell. The services
 * that are named there may be gone. What the shell's user has changed since stays.
 */
export function forgetEnvFile(env: NodeJS.ProcessEnv): void {
  const made = new Set(env[MADE]?.split(' '));
  for (const [name, value] of Object.entries(env)) if (made.has(markOf(name, value))) delete env[name];
  delete env[MADE];
}

function markOf(name: string, value = ''): string {
  return createHash('sha256').update(`${name}=${value}`).digest('hex').slice(0, 12);
}

/**
 * A file to be sourced in a shell: the settings, and the command itself, which forgets what that shell has for other programs.
 * Only its owner may read the passwords and keys in it.
 */
export function writeEnvFile(stateDir: string, settings: Readonly<Record<string, string>>, shell: Env = {}): string {
  const file = join(stateDir, 'env');
  const main = join(DIST, 'src', 'cli', 'main.js');
  const foreign = setForOthers(shell).filter((name) => !leadsToTemporal(name));
  const forget = foreign.length > 0 ? `unset ${foreign.join(' ')}; ` : '';
  const made = Object.entries(settings).filter(([name, value]) => value !== (shell[name] ?? ''));
  const lines = [
    '# What "npm start" runs with. In a shell: . <this file>, then: storyreel status',
    ...Object.entries(settings).map(([name, value]) => `export ${name}=${quoted(value)}`),
    // Behind those of the files that this shell has read before.
    `export ${MADE}="\${${MADE}-} ${made.map(([name, value]) => markOf(name, value)).join(' ')}"`,
    `storyreel() { (${forget}exec ${quoted(process.execPath)} ${quoted(main)} "$@"); }`,
  ];
  writeFileSync(file, `${lines.join('\n')}\n`, { mode: 0o600 });
  return file;
}

function hasText(env: Env): boolean {
  return Boolean(env['OPENAI_BASE_URL'] || env['OPENAI_API_KEY']);
}

/** Whether a variable states how Temporal is reached, for us or for its own tools. */
function leadsToTemporal(name: string): boolean {
  return /^TEMPORAL_(?!TASK_QUEUE$)/.test(name);
}
