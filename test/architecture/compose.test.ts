import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { createProgram } from '../../src/cli/program';
import { SETTINGS } from '../../src/config';
import { composeFile, ownServices, service } from './compose-file';
import { projectFile, projectRoot } from './project-files';

const services = Object.entries(composeFile.services);
const isOneShot = (name: string) =>
  services.some(([, { depends_on }]) => depends_on?.[name]?.condition === 'service_completed_successfully');

it('keeps to the schema of the compose specification', () => {
  const linter = join(dirname(require.resolve('dclint/package.json')), 'bin', 'dclint.cjs');
  const { stdout, stderr, status } = spawnSync(process.execPath, [linter, '--quiet', 'docker-compose.yml'], {
    cwd: projectRoot,
    encoding: 'utf8',
  });
  expect({ status, output: (stdout + stderr).trim() }).toEqual({ status: 0, output: '' });
});

it('has the services of a production-like set-up', () => {
  expect(services.map(([name]) => name).sort()).toEqual([
    'app-db',
    'migrate',
    'redis',
    'temporal',
    'temporal-db',
    'temporal-namespace',
    'temporal-schema',
    'temporal-ui',
    'worker',
  ]);
});

it.each(services)(
  'starts %s again when it dies and knows its health, unless it runs once',
  (name, { restart, healthcheck }) => {
    expect({ restart, hasHealthcheck: healthcheck !== undefined }).toEqual(
      isOneShot(name) ? { restart: 'no', hasHealthcheck: false } : { restart: 'unless-stopped', hasHealthcheck: true },
    );
  },
);

it.each(services)('starts %s only when what it needs is healthy or has ended well', (_name, { depends_on }) => {
  for (const [needed, { condition }] of Object.entries(depends_on ?? {})) {
    expect(condition).toBe(isOneShot(needed) ? 'service_completed_successfully' : 'service_healthy');
  }
});

it('publishes only Temporal and its UI, and only to this machine', () => {
  const published = services.flatMap(([name, { ports }]) => (ports ?? []).map((port) => `${name} ${port}`));
  expect(published).toEqual(['temporal 127.0.0.1:7233:7233', 'temporal-ui 127.0.0.1:8233:8080']);
});

it('keeps both databases and Redis on networks without a way out', () => {
  for (const name of ['temporal-db', 'app-db', 'redis']) {
    const networks = service(name).networks ?? [];
    expect(networks.map((network) => composeFile.networks[network]?.internal)).toEqual([true]);
  }
});

it('holds no password and has a default for none', () => {
  const secrets = projectFile('docker-compose.yml').match(/\S*(?:PASSWORD|PWD|_API_KEY):.*/g) ?? [];
  expect(secrets.length).toBeGreaterThan(4);
  for (const line of secrets)
    expect(line).toMatch(/(?:_API_KEY:|_PASSWORD:$|\$\{[A-Z_]+_PASSWORD:\?set it in \.env\})/);
  const example = projectFile('.env.example').match(/^[A-Z_]+_PASSWORD=.*$/gm) ?? [];
  expect(example.map((line) => line.split('=')[1])).toEqual(['', '', '']);
});

it('keeps its data in volumes that it declares', () => {
  const used = services.flatMap(([, { volumes }]) => (volumes ?? []).map((volume) => volume.split(':')[0]));
  expect(Object.keys(composeFile.volumes).sort()).toEqual(used.sort());
  expect(service('redis').command?.join(' ')).toContain('--appendonly yes');
});

it.each(services.filter(([, { image }]) => image))('pins the version of the image of %s', (_name, { image }) => {
  expect(image).toMatch(/:\d+\.\d+(?:\.\d+)?(?:-\w+)?$/);
});

it('gives the worker every setting, by its name', () => {
  for (const [, { environment }] of ownServices) {
    expect(Object.keys(environment ?? {}).sort()).toEqual(Object.keys(SETTINGS).sort());
  }
});

it('runs commands that the command line has', () => {
  const write = () => undefined;
  const program = createProgram({ screen: { write } } as never);
  const known = program.commands.map((command) => command.name());
  const health = service('worker').healthcheck?.test ?? [];
  expect(known).toEqual(expect.arrayContaining(ownServices.map(([, { command }]) => command?.[0])));
  expect(health.slice(0, -1)).toEqual(['CMD', 'node', 'dist/src/cli/main.js']);
  expect(known).toContain(health.at(-1));
});
