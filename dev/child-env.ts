import { KEY_VARIABLES, SETTINGS } from '../src/config';
import { isToRun, passing, programEnv, type Env } from '../src/program-env';
import { mayHoldKey } from '../src/trust';

/**
 * The purpose of a child process. `program`: ffmpeg, a database, anything that is controlled by arguments alone.
 * `fetcher`: a program that downloads, so that it also needs the network settings. `own`: our own program, which reads
 * settings.
 */
type Purpose = 'program' | 'fetcher' | 'own';

const CERTIFICATES = /^(?:SSL_CERT_(?:FILE|DIR)|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|NODE_EXTRA_CA_CERTS)$/;
const PROXY = /^(?:https?|all|no)_proxy$/i;
/**
 * The variables with which pip reaches a registry; its others (a prefix, a user's folder, a virtualenv) concern other
 * installs.
 */
export const TO_REACH_A_REGISTRY =
  /^(?:(?:extra-)?index-url|find-links|no-index|trusted-host|(?:client-)?cert|proxy|(?:default-)?timeout|retries|cache-dir|keyring-provider|use-feature)$/;
/** The features of the terminal, and its user. */
const PERSON = /^(?:TERM|COLORTERM|NO_COLOR|FORCE_COLOR|COLUMNS|CI|TZ|USER|LOGNAME|XDG_CONFIG_HOME)$/;
const OURS = /^(?:STORYREEL|OTEL|OPENAI)_/;
/** Variables of Temporal that do not name a server. */
const FOR_ANY_TEMPORAL = ['TEMPORAL_TASK_QUEUE', 'TEMPORAL_NAMESPACE'];
/** If one of these is set, a provider is outside this machine. */
const OUTSIDE = ['OPENAI_BASE_URL', 'OPENAI_API_KEY', 'STORYREEL_IMAGE_BASE_URL', 'STORYREEL_VIDEO_BASE_URL'];
const LOOPBACK = 'localhost,127.0.0.1,::1';

/** The one environment for a child process. A variable that leads to a server passes only beside its setting. */
export function childEnv(env: Env = process.env, purpose: Purpose = 'program'): Record<string, string> {
  switch (purpose) {
    case 'program':
      return programEnv(env);
    case 'fetcher':
      return { ...programEnv(env, toFetch), ...pastLoopback(env), ...WITHOUT_VIRTUALENV };
    case 'own':
      return passing(env, (name) => isOwn(name, env));
  }
}

/** Takes out of this process's own environment what its libraries would read although it is meant for other programs. */
export function leaveShell(env: NodeJS.ProcessEnv): void {
  const own = childEnv(env, 'own');
  for (const name of Object.keys(env)) if (isOfOthers(name) && !(name in own)) delete env[name];
}

/**
 * Variables that our libraries read, but that were set for another server or program. A shell with our variables must
 * unset them.
 */
export function setForOthers(env: Env): string[] {
  const own = childEnv(env, 'own');
  return Object.keys(env).filter((name) => isOfOthers(name) && !(name in own));
}

/** Whether a variable leads to a server. */
function isOfOthers(name: string): boolean {
  return /^(?:PG[A-Z]+|TEMPORAL_\w+|NODE_ENV|NODE_OPTIONS|grpc_\w+)$/i.test(name) || PROXY.test(name);
}

function toFetch(name: string): boolean {
  const ofPip = /^PIP_(\w+)$/.exec(name)?.[1]?.toLowerCase().replaceAll('_', '-');
  if (ofPip !== undefined) return ofPip === 'config-file' || TO_REACH_A_REGISTRY.test(ofPip);
  const place = /^(?:NETRC|XDG_(?:CONFIG|CACHE)_HOME|XDG_CONFIG_DIRS|APT_CONFIG)$/;
  return isToRun(name) || CERTIFICATES.test(name) || PROXY.test(name) || place.test(name);
}

function isOwn(name: string, env: Env): boolean {
  // The environment of the shell does not matter for programs on a developer's machine.
  if (name === 'NODE_ENV') return false;
  if (name.startsWith('TEMPORAL_')) return Boolean(env['TEMPORAL_ADDRESS']) || FOR_ANY_TEMPORAL.includes(name);
  if (/^PG[A-Z]+$/.test(name)) return Boolean(env['DATABASE_URL']);
  if (PROXY.test(name)) return OUTSIDE.some((setting) => env[setting]);
  if (isToRun(name) || CERTIFICATES.test(name) || PERSON.test(name) || OURS.test(name)) return true;
  return name in SETTINGS || mayHoldKey(name, keyNames(env));
}

function keyNames(env: Env): Parameters<typeof mayHoldKey>[1] {
  const names = env['PROVIDER_KEY_VARIABLES'] || KEY_VARIABLES;
  return { PROVIDER_KEY_VARIABLES: names, PROVIDER_KEY_FOLDER: '/', PROVIDER_HOSTS: '' };
}

/** A registry on this machine is reached directly, whatever proxy there is. */
function pastLoopback(env: Env): Record<string, string> {
  const given = env['no_proxy'] || env['NO_PROXY'];
  const all = given ? `${given},${LOOPBACK}` : LOOPBACK;
  return { no_proxy: all, NO_PROXY: all };
}

/** Whatever its configuration files contain, pip installs into the folder that we name. */
const WITHOUT_VIRTUALENV = { PIP_REQUIRE_VIRTUALENV: '0', PIP_USER: '0', PYTHONUTF8: '1' };
