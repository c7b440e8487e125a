import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { childEnv } from '../../dev/child-env';
import { debianPackage } from '../../dev/stack/debian-package';
import { PortBook } from '../../dev/stack/ports';
import { toolsDirOf } from '../../dev/stack/state-dir';
import type { Services } from '../harness/adapter';
import { until } from '../harness/until';
import { installPeers, peersFolder } from '../paths/install-peers';
import { buildCentrifugo } from './build-centrifugo';
import { AS_SERVER, endOf, tokenAt, type Served, type Story } from './servers';

const toolsDir = toolsDirOf(join(peersFolder, '..', '..', '.storyreel'), process.env);
const agent = new Agent({ keepAlive: true });

function send(method: string, url: string, body: string, extra: Readonly<Record<string, string>> = {}): Promise<void> {
  const headers = { 'content-type': 'application/json', ...extra };
  return new Promise((resolve, reject) => {
    const asked = request(url, { method, agent, headers }, (answer) => {
      const status = answer.statusCode ?? 0;
      answer.resume().once('end', () => (status < 300 ? resolve() : reject(new Error(`${url} answered ${status}`))));
    });
    asked.once('error', reject).end(body);
  });
}

/** One request after the other: requests at the same time would overtake each other, and the text be in disorder. */
function writing(path: string, write: (token: string) => Promise<void>): Story {
  let index = 0;
  let last = Promise.resolve();
  return {
    path,
    write() {
      const token = tokenAt(index++);
      return (last = last.then(() => write(token)));
    },
  };
}

/** Resolves when the server takes what is published. */
async function started(name: string, child: ChildProcess, publish: () => Promise<void>): Promise<void> {
  const takes = () =>
    publish().then(
      () => true,
      () => false,
    );
  if (await until(30_000, takes)) return;
  await endOf(child, 'SIGKILL');
  throw new Error(`${name} did not start (${child.exitCode ?? child.signalCode ?? 'silent'})`);
}

/** The server that is on npm, as it is without settings: streams are in its memory. */
export async function startDurableStreams(): Promise<Served> {
  await installPeers((line) => process.stderr.write(`  ${line}\n`));
  const [program = '', ...args] = [...AS_SERVER, process.execPath, join(peersFolder, 'durable-streams-server.mjs')];
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const { url } = JSON.parse(line.toString()) as { readonly url: string };
  return {
    name: 'Durable Streams',
    pid: child.pid ?? 0,
    port: Number(new URL(url).port),
    marks: false,
    story: async () => {
      const path = `/v1/stream/${randomUUID()}`;
      await send('PUT', url + path, '');
      return writing(`${path}?offset=-1&live=sse`, (content) => send('POST', url + path, JSON.stringify({ content })));
    },
    close: () => endOf(child, 'SIGKILL'),
  };
}

/** A folder of nginx's default, which nchan wants even if another one is set. */
const BODY_FOLDER = '/var/lib/nginx/body';

/** Debian's nginx with nchan: a message is published over HTTP, stored in shared memory, and sent as Server-Sent Event. */
export async function startNchan({ scratch }: Services): Promise<Served> {
  const signal = new AbortController().signal;
  const context = { toolsDir, env: process.env, signal };
  const nginx = await debianPackage(context, 'nginx');
  const nchan = await debianPackage(context, 'libnginx-mod-nchan');
  const folder = join(scratch, 'nchan');
  mkdirSync(folder, { recursive: true });
  // Nothing outside of the folder may be needed: in a copy, the default is a path within it, of the same length.
  const original = readFileSync(join(nchan, 'usr', 'lib', 'nginx', 'modules', 'ngx_nchan_module.so')).toString(
    'latin1',
  );
  const own = original.replaceAll(BODY_FOLDER, 'body'.padEnd(BODY_FOLDER.length, '_'));
  writeFileSync(join(folder, 'nchan.so'), own, 'latin1');
  const address = `127.0.0.1:${await new PortBook(folder, false).take('nchan')}`;
  writeFileSync(
    join(folder, 'nginx.conf'),
    `load_module ${join(folder, 'nchan.so')};
daemon off; master_process off; pid nginx.pid; error_log stderr;
events { worker_connections 20000; }
http {
  access_log off;
  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
  keepalive_requests 1000000;
  server {
    listen ${address} backlog=4096;
    location ~ ^/pub/(.+)$ { nchan_publisher; nchan_channel_id $1; nchan_message_buffer_length 10000; nchan_message_timeout 10m; }
    location ~ ^/sub/(.+)$ { nchan_subscriber eventsource; nchan_channel_id $1; nchan_subscriber_first_message oldest; }
  }
}
`,
  );
  const [program = '', ...args] = [...AS_SERVER, join(nginx, 'usr', 'sbin', 'nginx')];
  const child = spawn(program, [...args, '-p', folder, '-c', join(folder, 'nginx.conf'), '-e', 'stderr'], {
    stdio: ['ignore', 'ignore', 'ignore'],
  });
  const publish = (id: string, body: string) => send('POST', `http://${address}/pub/${id}`, body);
  await started('nchan', child, () => publish('ready', '{}'));
  return {
    name: 'nchan',
    pid: child.pid ?? 0,
    port: Number(address.split(':')[1]),
    marks: false,
    story: async () => {
      const id = randomUUID();
      return writing(`/sub/${id}`, (content) => publish(id, JSON.stringify({ content })));
    },
    close: () => endOf(child, 'SIGKILL'),
  };
}

/**
 * Centrifugo with its default broker in memory. A token is published over its HTTP API and sent as a Server-Sent Event.
 * A viewer who comes late gets the history of the channel first. Resolves with the reason if it could not be built.
 */
export async function startCentrifugo(
  { scratch }: Services,
  note: (line: string) => void,
): Promise<Served | { readonly missing: string }> {
  const built = await buildCentrifugo(toolsDir, scratch, note);
  if ('missing' in built) return built;
  const folder = join(scratch, 'centrifugo');
  mkdirSync(folder, { recursive: true });
  const [host, port, key] = ['127.0.0.1', await new PortBook(folder, false).take('centrifugo'), randomUUID()];
  const history = { history_size: 10_000, history_ttl: '10m', force_recovery: true };
  const forViewers = { allow_subscribe_for_client: true, allow_subscribe_for_anonymous: true };
  const config = {
    http_server: { address: host, port },
    log: { level: 'none' },
    http_api: { key, error_mode: 'transport' },
    uni_sse: { enabled: true },
    client: {
      allow_anonymous_connect_without_token: true,
      recovery_max_publication_limit: history.history_size,
    },
    channel: { without_namespace: { ...history, ...forViewers } },
  };
  const file = join(folder, 'config.json');
  writeFileSync(file, JSON.stringify(config));
  const [first = '', ...args] = [...AS_SERVER, built.program, '--config', file];
  const child = spawn(first, args, { stdio: 'ignore', env: childEnv() });
  const publish = (channel: string, data: object) =>
    send('POST', `http://${host}:${port}/api/publish`, JSON.stringify({ channel, data }), { 'x-api-key': key });
  await started('Centrifugo', child, () => publish('ready', {}));
  return {
    name: 'Centrifugo',
    pid: child.pid ?? 0,
    port,
    marks: false,
    story: async () => {
      const channel = randomUUID();
      const connect = JSON.stringify({ subs: { [channel]: { recover: true } } });
      return writing(`/connection/uni_sse?cf_connect=${encodeURIComponent(connect)}`, (content) =>
        publish(channel, { content }),
      );
    },
    close: () => endOf(child, 'SIGKILL'),
  };
}
