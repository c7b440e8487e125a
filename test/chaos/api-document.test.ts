import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runToEnd } from '../../dev/stack/run-to-end';
import type { RunningGateway } from '../../src/gateway';
import { startGatewayApp } from '../support/gateway';
import { fetchSchemathesis } from '../support/python-tools';
import type { TestApp } from '../support/services';
import { newFolder } from '../support/new-folder';

/** It writes into the folder that it is started in. */
const PROGRAM = 'import os; os.chdir(os.environ["HOME"]); from schemathesis.cli import schemathesis; schemathesis()';
const BOUND_MS = 15 * 60_000;
let app: TestApp;
let gateway: RunningGateway;
let close: () => Promise<void>;
const folder = newFolder();

beforeAll(async () => void ({ app, gateway, close } = await startGatewayApp()));
afterAll(() => close());

test('Schemathesis finds nothing in the whole document, with calls that follow each other', async () => {
  const { secret } = await app.client.keys.create({ name: 'schemathesis' });
  const { exitCode, output } = await runToEnd(
    'python3',
    [
      ...['-c', PROGRAM, 'run', `${gateway.url}/v1/openapi.json`],
      ...['--url', gateway.url, '--header', `Authorization: Bearer ${secret}`],
      // Streams do not end, and the key that it comes in with must stay.
      ...['--exclude-path-regex', 'events$', '--exclude-operation-id', 'delete_v1_keys_key'],
      // What is right in itself may not fit the project; and who guesses keys gets 429, which other tests look at.
      ...['--exclude-checks', 'positive_data_acceptance,ignored_auth'],
      ...['--max-examples', '5', '--continue-on-failure', '--seed', '1', '--generation-deterministic', '--no-color'],
    ],
    {
      env: { PATH: process.env['PATH'], HOME: folder, PYTHONPATH: await fetchSchemathesis() },
      boundMs: BOUND_MS,
    },
  );
  expect([exitCode, exitCode === 0 ? '' : output.slice(-12_000)]).toEqual([0, '']);
  expect(output).toMatch(/Tested: +\d{2}/);
});

test('Redocly finds nothing in the document', async () => {
  const file = join(folder, 'openapi.json');
  await writeFile(file, await (await fetch(`${gateway.url}/v1/openapi.json`)).text());
  const install = ['install', '--prefix', folder, '--no-audit', '--no-fund', '--no-save', '--ignore-scripts'];
  const fetched = await runToEnd('npm', [...install, '@redocly/cli@2.77.0'], { env: process.env, boundMs: BOUND_MS });
  expect([fetched.exitCode, fetched.output]).toEqual([0, expect.any(String)]);
  const redocly = join(folder, 'node_modules', '@redocly', 'cli', 'bin', 'cli.js');
  // The film's address is a redirect and nothing else.
  const { exitCode, output } = await runToEnd(
    process.execPath,
    [redocly, 'lint', file, '--format=json', '--skip-rule=operation-2xx-response'],
    { env: { PATH: process.env['PATH'], HOME: folder, REDOCLY_TELEMETRY: 'off' }, boundMs: BOUND_MS },
  );
  expect([exitCode, output]).toEqual([0, expect.stringMatching(/"errors": 0,\s+"warnings": 0/)]);
});
