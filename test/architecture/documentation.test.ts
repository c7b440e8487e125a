import { SETTINGS } from '../../src/config';
import { FAILURES } from '../../src/protocol';
import { StoryMetrics } from '../../src/telemetry';
import { firstColumn, localLinks, namedSections } from './markdown';
import { filesBelow, projectFile } from './project-files';

const settings = Object.keys(SETTINGS).sort();

/** Types exist only in the source: each event is one member of a union with a literal `type`. */
const eventTypes = [...projectFile('src/protocol/events.ts').matchAll(/readonly type: '(\w+)'/g)].map(
  ([, type = '']) => type,
);

it('explains every failure in docs/errors.md, and no other', () => {
  expect(namedSections(projectFile('docs/errors.md')).sort()).toEqual(Object.keys(FAILURES).sort());
});

it('lists every setting in docs/configuration.md, and no other', () => {
  expect(firstColumn(projectFile('docs/configuration.md'), 'setting').sort()).toEqual(settings);
});

it('lists every event type in docs/protocol.md, and no other', () => {
  expect(firstColumn(projectFile('docs/protocol.md'), 'type').sort()).toEqual(eventTypes.sort());
});

it('lists every metric of ours in docs/observability.md, and no other', () => {
  const metrics = new StoryMetrics().registry.getMetricsAsArray().map(({ name }) => name);
  expect(metrics.length).toBeGreaterThan(10);
  expect(firstColumn(projectFile('docs/observability.md'), 'metric').sort()).toEqual(metrics.sort());
});

it('shows every setting in .env.example beside what docker-compose.yml alone takes, and no other', () => {
  const shown = [...projectFile('.env.example').matchAll(/^(?:# )?([A-Z][A-Z0-9_]*)=/gm)].map(([, name = '']) => name);
  const asked = [...projectFile('docker-compose.yml').matchAll(/\$\{([A-Z_]+):[?-]/g)].map(([, name = '']) => name);
  expect(shown.sort()).toEqual([...new Set([...settings, ...asked])].sort());
});

it('lists every page of docs/decisions in its README.md', () => {
  const pages = filesBelow('docs/decisions').map((path) => path.slice('docs/decisions/'.length));
  const listed = localLinks(projectFile('docs/decisions/README.md')).map(({ target }) => target);
  expect(['README.md', ...listed].sort()).toEqual(pages.sort());
});
