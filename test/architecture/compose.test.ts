import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { createProgram } from '../../src/cli/program';
import { readConfig, SETTINGS } from '../../src/config';
import { composeFile, ownServices, service } from './compose-file';
import { projectFile, projectRoot } from './project-files';

const services = Object.entries(composeFile.services);
const isOneShot = (name: string) =>
  services.some(([, { depends_on }]) => depends_on?.[name]?.condition === 'service_completed_successfully');

/** A value as it is when .env sets none of what it names. */
const withDefaults = (text: string) => text.replace(/\$\{\w+:-([^}]*)\}/g, '$1');

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
    'gateway',
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

it('publishes only Temporal, its UI and the gateway, and only to this machine', () => {
  const published = services.flatMap(([name, { ports }]) => (ports ?? []).map((port) => `${name} ${port}`));
  expect(published).toEqual([
    'temporal 127.0.0.1:7233:7233',
    'temporal-ui 127.0.0.1:8233:8080',
    'gateway 127.0.0.1:8787:8787',
  ]);
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
  const used = services.flatMap(([, { volumes }]) =>
    (volumes ?? []).map((volume) => withDefaults(volume).split(':')[0]),
  );
  expect(Object.keys(composeFile.volumes).sort()).toEqual([...new Set(used)].sort());
  expect(service('redis').command?.join(' ')).toContain('--appendonly yes');
});

it.each(services.filter(([, { image }]) => image))('pins the version of the image of %s', (_name, { image }) => {
  expect(withDefaults(image ?? '')).toMatch(/:\d+\.\d+(?:\.\d+)?(?:-\w+)?$/);
});

it('gives each of our services every setting, by its name', () => {
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
  expect(health.slice(0, -1)).toEqual(['CMD', 'storyreel']);
  expect(known).toContain(health.at(-1));
});

it('names one image for all that is ours, of the version of package.json', () => {
  const { version } = JSON.parse(projectFile('package.json')) as { version: string };
  const images = new Set(ownServices.map(([, { image }]) => withDefaults(image ?? '')));
  expect([...images]).toEqual([`storyreel:${version}`]);
  expect(projectFile('.env.example')).toContain(`# STORYREEL_VERSION=${version}\n`);
});

it.each(ownServices)('gives %s no rights, and no place to write to but its volumes and memory', (_name, container) => {
  expect(container).toMatchObject({
    read_only: true,
    tmpfs: ['/tmp'],
    cap_drop: ['ALL'],
    security_opt: ['no-new-privileges:true'],
  });
  expect(withDefaults(container.user ?? '')).toBe('1000:1000');
});

it.each(services)('bounds what the log of %s takes', (_name, { logging }) => {
  expect(logging).toEqual({ driver: 'json-file', options: { 'max-size': '10m', 'max-file': '5' } });
});

it('reaches model servers on this machine, and keys by any name', () => {
  for (const [, { extra_hosts, env_file }] of ownServices) {
    expect(extra_hosts).toEqual(['host.docker.internal:host-gateway']);
    expect(env_file).toEqual([{ path: 'providers.env', required: false }]);
  }
  expect(projectFile('.gitignore').split('\n')).toContain('providers.env');
});

it('shows the media where one setting states', () => {
  const { environment, volumes } = service('worker');
  expect(volumes).toEqual([`\${MEDIA_VOLUME:-media}:${environment?.['MEDIA_DIR']}`]);
});

it('counts a Postgres as healthy only where its database answers', () => {
  for (const name of ['temporal-db', 'app-db'])
    expect(service(name).healthcheck?.test.join(' ')).toMatch(/psql .*--host 127\.0\.0\.1 .*SELECT 1/);
});

it('lets Temporal and its UI work as they are published: one server, over http', () => {
  expect(service('temporal').environment?.['TEMPORAL_BROADCAST_ADDRESS']).toBe('127.0.0.1');
  expect(service('temporal-ui').environment?.['TEMPORAL_CSRF_COOKIE_INSECURE']).toBe('true');
});

it('leaves a worker more time to stop than it takes', () => {
  const { SHUTDOWN_GRACE_MS } = readConfig({});
  expect(Number.parseInt(service('worker').stop_grace_period ?? '', 10) * 1000).toBeGreaterThan(
    SHUTDOWN_GRACE_MS + 5000,
  );
});
