import { once } from 'node:events';
import { connect as connectTcp, isIP } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { hostPort } from '../address';
import { defined, StoryreelError, unreachable } from '../protocol';
import type { TemporalConnectionOptions, TemporalTls } from './connection-options';

const PROBE_MS = 3_000;
/** gRPC's UNAUTHENTICATED and PERMISSION_DENIED. */
const REFUSED = new Set([16, 7]);

/** A failed connection, with the setting to check: gRPC itself reports only a time-out. */
export async function temporalUnreachable(options: TemporalConnectionOptions, cause: unknown): Promise<StoryreelError> {
  if (cause instanceof StoryreelError) return cause;
  if (isRefused(cause)) return refusedByTemporal(cause);
  const why = await whyUnreachable(options);
  if (why === undefined) return unreachable('Temporal', 'TEMPORAL_ADDRESS', cause);
  return new StoryreelError(why.isSetting ? 'Config.Invalid' : 'Service.Unreachable', why.words, { cause });
}

/** Whether Temporal, or what is in front of it, does not accept who asks. */
export function isRefused(error: unknown): boolean {
  const { code, message, cause } = (error ?? {}) as { code?: unknown; message?: unknown; cause?: unknown };
  if (typeof code === 'number') return REFUSED.has(code);
  // The client's connection has the code within; the worker's has no code, but these words of its gRPC library.
  return (
    (cause !== undefined && isRefused(cause)) || /valid authentication|permission to execute/.test(String(message))
  );
}

export function refusedByTemporal(cause: unknown): StoryreelError {
  return new StoryreelError(
    'Config.Invalid',
    'Temporal refuses the login. Check TEMPORAL_API_KEY and TEMPORAL_NAMESPACE, or TEMPORAL_TLS_CLIENT_CERT_PATH if it ' +
      'goes by certificates.',
    { cause },
  );
}

interface Why {
  readonly words: string;
  /** The server is there, and a setting does not fit it. */
  readonly isSetting: boolean;
}

/** The fault that a connection of our own meets; undefined if it explains nothing. */
async function whyUnreachable({ address, tls }: TemporalConnectionOptions): Promise<Why | undefined> {
  const { host, port = 7233 } = hostPort(address);
  const reached = await codeOf(connects(host, port));
  if (reached !== undefined) {
    return {
      words: `Temporal cannot be reached (${reached}). Check TEMPORAL_ADDRESS, or run "storyreel doctor".`,
      isSetting: false,
    };
  }
  const met = await codeOf(handshake(host, port, tls || {}));
  if (!tls) return met === undefined || OF_TLS.test(met) ? SPEAKS_TLS : undefined;
  return met === undefined ? undefined : { words: wordsFor(met), isSetting: true };
}

/** Only who speaks TLS can be met with these: a certificate that is not trusted, or an alert. */
const OF_TLS = /CERT|SIGNATURE|ISSUER|ALTNAME|ALERT/;

const SPEAKS_TLS: Why = {
  words: 'Temporal speaks TLS at TEMPORAL_ADDRESS. Set TEMPORAL_TLS=true, and the certificates that it asks for.',
  isSetting: true,
};

function wordsFor(code: string): string {
  const words = (what: string, setting: string) =>
    `Temporal's TLS does not come about (${code}): ${what}. Check ${setting}.`;
  if (/WRONG_VERSION|PACKET_LENGTH|NO_TLS/.test(code)) return words('the server does not speak it', 'TEMPORAL_TLS');
  if (/ALTNAME/.test(code)) return words('its certificate is for another name', 'TEMPORAL_TLS_SERVER_NAME');
  if (/ALERT|ECONNRESET|EPIPE/.test(code)) {
    return words('the server does not accept our certificate', 'TEMPORAL_TLS_CLIENT_CERT_PATH');
  }
  if (/KEY_VALUES_MISMATCH|PEM|ASN1|UNSUPPORTED/.test(code)) {
    return words('a certificate and its key do not fit', 'TEMPORAL_TLS_CLIENT_KEY_PATH');
  }
  return words('we do not trust its certificate', 'TEMPORAL_TLS_SERVER_CA_CERT_PATH');
}

async function connects(host: string, port: number): Promise<void> {
  const socket = connectTcp({ host, port, signal: AbortSignal.timeout(PROBE_MS) });
  try {
    await once(socket, 'connect');
  } finally {
    socket.destroy();
  }
}

/** HTTP/2 begins with the server's settings: a client certificate that it refuses shows only after the handshake. */
async function handshake(host: string, port: number, tls: TemporalTls): Promise<void> {
  const name = tls.serverNameOverride ?? (isIP(host) ? undefined : host);
  const socket: TLSSocket = connectTls({
    host,
    port,
    ALPNProtocols: ['h2'],
    ...defined({ servername: name, ca: tls.serverRootCACertificate }),
    ...(tls.clientCertPair && { cert: tls.clientCertPair.crt, key: tls.clientCertPair.key }),
  });
  const late = setTimeout(() => socket.destroy(fault('ETIMEDOUT')), PROBE_MS);
  try {
    await new Promise<void>((resolve, reject) => {
      let isSecure = false;
      const broken = (error?: NodeJS.ErrnoException) => {
        const code = error?.code ?? 'ECONNRESET';
        reject(fault(code === 'ECONNRESET' && !isSecure ? 'NO_TLS' : code));
      };
      socket.once('secureConnect', () => (isSecure = true));
      socket.once('error', broken);
      socket.once('close', () => broken());
      socket.once('data', () => resolve());
    });
  } finally {
    clearTimeout(late);
    socket.on('error', () => undefined);
    socket.destroy();
  }
}

async function codeOf(work: Promise<void>): Promise<string | undefined> {
  try {
    await work;
    return undefined;
  } catch (error) {
    const { code, name } = error as { code?: unknown; name: string };
    return name === 'AbortError' ? 'ETIMEDOUT' : typeof code === 'string' ? code : name;
  }
}

function fault(code: string): NodeJS.ErrnoException {
  return Object.assign(new Error(code), { code });
}
