import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { debianPackage } from '../../dev/stack/debian-package';
import { PortBook } from '../../dev/stack/ports';
import { toolsDirOf } from '../../dev/stack/state-dir';
import type { Services } from '../harness/adapter';
import { until } from '../harness/until';
import { installPeers, peersFolder } from '../paths/install-peers';
import { endOf, ONE_CORE, tokenAt, type Served, type Story } from './servers';

const root = join(peersFolder, '..', '..');
const agent = new Agent({ keepAlive: true });

function send(method: string, url: string, type: string, body: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { method, agent, headers: { 'content-type': type } }, (answer) => {
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

/** The server that is on npm, as it is without settings: streams are in its memory. */
export async function startDurableStreams(): Promise<Served> {
  await installPeers((line) => process.stderr.write(`  ${line}\n`));
  const [program = '', ...args] = [...ONE_CORE, process.execPath, join(peersFolder, 'durable-streams-server.mjs')];
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
      await send('PUT', url + path, 'application/json', '');
      return writing(`${path}?offset=-1&live=sse`, (content) =>
        send('POST', url + path, 'application/json', JSON.stringify({ content })),
      );
    },
    close: () => endOf(child, 'SIGKILL'),
  };
}

/** A folder of nginx's default, which nchan wants even if another one is set. */
const BODY_FOLDER = '/var/lib/nginx/body';

/** Debian's nginx with nchan: a message is published over HTTP, stored in shared memory, and sent as Server-Sent Event. */
export async function startNchan({ scratch }: Services): Promise<Served> {
  const signal = new AbortController().signal;
  const context = { toolsDir: toolsDirOf(join(root, '.storyreel'), process.env), env: process.env, signal };
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
  const [program = '', ...args] = [...ONE_CORE, join(nginx, 'usr', 'sbin', 'nginx')];
  const child = spawn(program, [...args, '-p', folder, '-c', join(folder, 'nginx.conf'), '-e', 'stderr'], {
    stdio: ['ignore', 'ignore', 'ignore'],
  });
  const publish = (id: string, body: string) => send('POST', `http://${address}/pub/${id}`, 'application/json', body);
  if (
    !(await until(10_000, () =>
      publish('ready', '{}').then(
        () => true,
        () => false,
      ),
    ))
  ) {
    throw new Error(`nchan did not start (${child.exitCode ?? child.signalCode ?? 'silent'})`);
  }
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
