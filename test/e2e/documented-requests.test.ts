import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { runToEnd } from '../../dev/stack/run-to-end';
import type { RunningGateway } from '../../src/gateway';
import { HttpUser, startGatewayApp } from '../support/gateway';
import type { ApiDocument } from '../support/generated-requests';
import type { TestApp } from '../support/services';
import { ownTopic, watchToEnd } from '../support/stories';
import { newFolder } from '../support/new-folder';

const DOCUMENT = resolve(__dirname, '..', '..', 'docs', 'http.md');
const BOUND_MS = 120_000;
/** Of streams that do not end by themselves: a busy machine may need the longer time for the first byte. */
const SECONDS = [1, 30];
/** For browsers, supervisors and programs: docs/http.md describes them in sentences. */
const WITHOUT_A_LINE = [
  ...['GET /v1', 'GET /v1/errors', 'GET /v1/openapi.json', 'GET /llms.txt', 'GET /healthz', 'GET /readyz'],
  ...['GET /v1/projects/{id}/media/{sha256}', 'GET /v1/media/{link}'],
];
/** What the state of a project refuses. The request itself was accepted. */
const ACCEPTED = [200, 201, 202, 204, 302, 304, 409, 412];

let app: TestApp;
let gateway: RunningGateway;
let close: () => Promise<void>;
const folder = newFolder();

beforeAll(async () => void ({ app, gateway, close } = await startGatewayApp()));
afterAll(() => close());

async function documented(): Promise<readonly string[]> {
  const lines = (await readFile(DOCUMENT, 'utf8')).matchAll(/^ {4}(curl (?:.*\\\n)*.*)$/gm);
  return [...lines].map(([, line = '']) => line);
}

test('Every line with curl in docs/http.md is accepted as it is, one after the other', async () => {
  const { keys, sessions, tokens } = app.client;
  const { secret, id: keyId } = await keys.create({ name: 'operator' });
  const other = await keys.create({ name: 'other' });
  const { session } = await sessions.create({ keyId });
  const projectId = await app.client.create({ topic: ownTopic().topic, settings: { scenes: 1 } });
  await app.client.start(projectId);
  await watchToEnd(app.client, projectId);
  const { film } = await app.client.status(projectId);
  const { id: tokenId } = await tokens.create(projectId, { seconds: 900 });
  const made = await new HttpUser(gateway.url, secret).ask('POST', '/v1/tokens', { project: projectId });
  const words: readonly (readonly [string, string])[] = [
    ['<projectId>', projectId],
    ['<sha256>', film?.sha256 ?? ''],
    ['<token>', String(made.body.token)],
    ['<id>', tokenId],
    ['<what follows #login= in the link>', await sessions.createLoginToken()],
    ['sr_…', secret],
    ['"scene_number": 3', '"scene_number": 1'],
    ['"scenes": 3', '"scenes": 1'],
    ['1f0c9a2b3d4e5f60', session.id],
    ['1f0c9a2b', other.id],
  ];
  const env = {
    PATH: process.env['PATH'],
    STORYREEL: gateway.url,
    P: `${gateway.url}/v1/projects/${projectId}`,
    KEY: secret,
  };
  const found: string[] = [];
  for (const line of await documented()) {
    const known = words.reduce((text, [from, to]) => text.replaceAll(from, to), line);
    const ownCredential = /Authorization|-b jar|"login"|"share"/.test(line);
    const credential = ownCredential ? '' : '-H "Authorization: Bearer $KEY"';
    const command = `cd ${folder} && ${known} -s -w '\\n%{http_code}' ${credential}`;
    const tries = / -N /.test(line) ? SECONDS.map((seconds) => `${command} --max-time ${seconds}`) : [command];
    let [status, output] = [0, ''];
    for (const each of tries) {
      if (status !== 0) break;
      ({ output } = await runToEnd('bash', ['-c', each], { env, boundMs: BOUND_MS }));
      status = Number(output.split('\n').at(-1));
    }
    if (!ACCEPTED.includes(status)) found.push(`${line}\n${output.slice(-600)}`);
  }
  expect(found).toEqual([]);
});

test('Every operation has a line with curl in docs/http.md', async () => {
  const document = (await new HttpUser(gateway.url).ask('GET', '/v1/openapi.json')).body as ApiDocument;
  const asked = (await documented()).map((line) => {
    const method = / -X (\w+)/.exec(line)?.[1] ?? (line.includes('--json') ? 'POST' : 'GET');
    const [, at = ''] = /(\$(?:STORYREEL|P)[^\s"?]*)/.exec(line) ?? [];
    return `${method} ${at.replace('$STORYREEL', '').replace('$P', '/v1/projects/x')}`;
  });
  const isAsked = (method: string, template: string) => {
    const pattern = new RegExp(`^${method} ${template.replaceAll('.', '\\.').replace(/\{\w+\}/g, '[^/]+')}$`);
    return asked.some((each) => pattern.test(each));
  };
  const lacking = Object.entries(document.paths).flatMap(([template, operations]) =>
    Object.keys(operations)
      .map((method) => method.toUpperCase())
      .filter((method) => !isAsked(method, template))
      .map((method) => `${method} ${template}`),
  );
  expect(lacking.sort()).toEqual([...WITHOUT_A_LINE].sort());
});
