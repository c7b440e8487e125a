import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { runToEnd } from '../../dev/stack/run-to-end';
import { GatewayProcess, ownKey, textOver, type SseMessage } from '../support/gateway';
import { longText } from '../support/long-rewrite';
import { createOwnDatabase, type OwnDatabase } from '../support/own-database';
import { fetchHttpxSse } from '../support/python-tools';
import { startApp, testEnv, type TestApp } from '../support/services';
import { ownTopic } from '../support/stories';
import { StudioControl } from '../support/studio-control';
import { until } from '../support/until';
import { newFolder } from '../support/new-folder';

const studio = new StudioControl();
const INSTALL_MS = 5 * 60_000;
let database: OwnDatabase;
let env: Record<string, string>;
let app: TestApp;
let folder: string;
let python: string;

beforeAll(async () => {
  database = await createOwnDatabase();
  env = testEnv({ DATABASE_URL: database.url });
  app = await startApp(env);
  python = await fetchHttpxSse();
  folder = newFolder();
  const packages = ['eventsource@3.0.7', 'eventsource-parser@3.0.6'];
  const { exitCode, output } = await runToEnd(
    'npm',
    ['install', '--prefix', folder, '--no-audit', '--no-fund', '--no-save', '--ignore-scripts', ...packages],
    { env: process.env, boundMs: INSTALL_MS },
  );
  if (exitCode !== 0) throw new Error(`npm could not install ${packages.join(' and ')}: ${output}`);
});
afterAll(async () => {
  await app.close();
  await database.drop();
});

/** Each writes a line of JSON for each message, and ends after the message "end". */
const clients = {
  eventsource: [
    process.execPath,
    '-e',
    `const { EventSource } = require('eventsource');
     const [url, key] = process.argv.slice(1);
     const withKey = (input, init) => fetch(input, { ...init, headers: { ...init.headers, authorization: 'Bearer ' + key } });
     const source = new EventSource(url, { fetch: withKey });
     source.onmessage = ({ data, lastEventId: id }) => {
       console.log(JSON.stringify({ id, event: JSON.parse(data) }));
       if (JSON.parse(data).type === 'end') source.close();
     };`,
  ],
  'eventsource-parser': [
    process.execPath,
    '-e',
    `const { createParser } = require('eventsource-parser');
     const [url, key] = process.argv.slice(1);
     let id, over = false;
     const once = async () => {
       const headers = { authorization: 'Bearer ' + key, ...(id && { 'last-event-id': id }) };
       const parser = createParser({ onEvent: (message) => {
         id = message.id ?? id;
         console.log(JSON.stringify({ id: message.id, event: JSON.parse(message.data) }));
         over ||= JSON.parse(message.data).type === 'end';
       } });
       const decoder = new TextDecoder();
       const answer = await fetch(url, { headers });
       if (answer.status === 204) over = true;
       for await (const bytes of answer.body ?? []) parser.feed(decoder.decode(bytes, { stream: true }));
     };
     (async () => {
       while (!over) await once().catch(() => undefined).then(() => new Promise((next) => setTimeout(next, 300)));
     })();`,
  ],
  'httpx-sse': [
    'python3',
    '-c',
    `import json, sys, time, httpx
from httpx_sse import connect_sse
url, key = sys.argv[1:]
last, over = None, False
while not over:
    headers = {"authorization": "Bearer " + key, **({"last-event-id": last} if last else {})}
    try:
        with httpx.Client(timeout=60) as client, connect_sse(client, "GET", url, headers=headers) as source:
            over = source.response.status_code == 204
            for message in [] if over else source.iter_sse():
                last = message.id or last
                print(json.dumps({"event": json.loads(message.data)}), flush=True)
                over = over or json.loads(message.data)["type"] == "end"
    except httpx.HTTPError:
        pass
    time.sleep(0.3)`,
  ],
  curl: [
    'sh',
    '-c',
    `id=
     while :; do
       curl -sN -H "Authorization: Bearer $2" \${id:+-H "Last-Event-ID: $id"} "$1" > "$0.part" || true
       while IFS= read -r line; do
         case "$line" in
           "id: "*) id=\${line#id: } ;;
           "data: "*) printf '{"event":%s}\\n' "\${line#data: }" ;;
         esac
       done < "$0.part"
       grep -q '"type":"end"' "$0.part" && exit
       sleep 0.3
     done`,
  ],
} as const;

interface Watching {
  readonly child: ChildProcess;
  readonly seen: SseMessage[];
}

function watch(name: keyof typeof clients, url: string, key: string): Watching {
  const [command, ...given] = clients[name];
  const first = name === 'curl' ? [join(folder, name)] : [];
  const child = spawn(command, [...given, ...first, url, key], {
    cwd: folder,
    env: { PATH: process.env['PATH'], PYTHONPATH: python },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const seen: SseMessage[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => seen.push(JSON.parse(line) as SseMessage));
  return { child, seen };
}

test('The clients that people use continue in mid-text after a kill -9 of the gateway, with nothing lost', async () => {
  const { topic, mark } = ownTopic();
  const text = longText(mark, 100);
  await studio.misbehave(mark, 'chat', { text, tokensPerSecond: 250 });
  const { secret, owner } = await ownKey(app);
  const projectId = await app.client.create({ topic, owner, settings: { scenes: 1 } });
  const gateway = await GatewayProcess.start(env);
  const url = `${gateway.url}/v1/projects/${projectId}/events`;
  const names = Object.keys(clients) as (keyof typeof clients)[];
  const watching = names.map((name) => watch(name, url, secret));
  const live = watching.filter((_, i) => names[i] !== 'curl');
  const ended = watching.map(({ child }) => once(child, 'exit'));
  await until('the snapshots', () => live.every(({ seen }) => seen.length > 0));
  await app.client.start(projectId, { stages: ['rewrite'] });
  await until('some of the text', () => live.every(({ seen }) => textOver(seen, 'rewrite').length > 300));
  await gateway.end('SIGKILL');
  const again = await GatewayProcess.start(env, gateway.url.replace('http://', ''));
  await Promise.all(ended);
  for (const [i, { seen }] of watching.entries()) {
    const snapshots = seen.filter(({ event }) => event.type === 'snapshot').length;
    expect([names[i], textOver(seen, 'rewrite').toString('utf8')]).toEqual([names[i], text]);
    expect([names[i], snapshots]).toEqual([names[i], 1]);
  }
  await again.end('SIGTERM');
});
