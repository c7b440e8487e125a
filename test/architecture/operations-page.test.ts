import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { SETTINGS } from '../../src/config';
import { FAILURES } from '../../src/protocol';
import { composeFile } from './compose-file';
import { firstColumn, rowsOf } from './markdown';
import { filesBelow, projectFile, projectRoot } from './project-files';

const page = projectFile('docs/operations.md');
const compose = projectFile('docker-compose.yml');

/** What the page says in backticks. */
const words = new Set([...page.matchAll(/`([^`\n]+)`/g)].map(([, word = '']) => word));

/** The cells of a row of a table, by the name in its first column. */
const row = (name: string) => {
  const line = page.split('\n').find((each) => each.startsWith(`| ${name} `)) ?? '';
  return line
    .split('|')
    .slice(2, -1)
    .map((cell) => cell.trim());
};

it('names alerts, settings and failures that are there', () => {
  const alerts = projectFile('docs/grafana/alerts.yml');
  const named = [...words].filter((word) => /^Storyreel[A-Z]\w+$/.test(word));
  expect(named.length).toBeGreaterThan(9);
  expect(named.filter((word) => !alerts.includes(`alert: ${word}\n`))).toEqual([]);
  const constants = [...words].filter((word) => /^[A-Z]+(?:_[A-Z]+)+$/.test(word));
  const known = [
    'COMPOSE_PROFILES',
    ...Object.keys(SETTINGS),
    ...[...compose.matchAll(/\$\{(\w+)/g)].map(([, name = '']) => name),
  ];
  expect(constants.filter((word) => !known.includes(word))).toEqual([]);
  const failures = [...words].filter((word) => /^[A-Z]\w+\.[A-Z]\w+$/.test(word));
  expect(Object.keys(FAILURES)).toEqual(expect.arrayContaining(failures));
});

it('quotes lines of the log that the code writes', () => {
  const sources = filesBelow('src')
    .filter((path) => path.endsWith('.ts'))
    .map(projectFile);
  const quoted = rowsOf(page, 'line').flatMap(([first = '']) => /^`([^`]+?)(?: …)?`/.exec(first)?.[1] ?? []);
  expect(quoted.length).toBeGreaterThan(4);
  expect(quoted.filter((line) => !sources.some((source) => source.includes(line)))).toEqual([]);
});

it('has commands of Docker Compose for services that are there', () => {
  const lines = [...page.matchAll(/^ {4,}(docker compose .+)$/gm)].map(([, line = '']) => line);
  expect(lines.length).toBeGreaterThan(15);
  const services = Object.keys(composeFile.services);
  for (const line of lines.filter((each) => !each.endsWith(' build'))) {
    const named = line.split(/[\s:]+/).filter((word) => services.includes(word));
    expect({ line, named }).not.toEqual({ line, named: [] });
  }
});

it('has a row for each manifest of Kubernetes, and applies them all', () => {
  const manifests = firstColumn(page, 'file');
  expect(manifests.filter((name) => !existsSync(join(projectRoot, 'deploy/kubernetes', name)))).toEqual([]);
  for (const name of manifests) expect(page).toContain(`-f deploy/kubernetes/${name}`);
});

it('has sizes that fit together: connections into Postgres, lanes into workers', () => {
  const numbers = (name: string) => row(name).map((cell) => Number.parseInt(cell.replaceAll(',', ''), 10));
  const workers = numbers('workers');
  const limit = Number(/max_connections=(\d+)/.exec(compose)?.[1]);
  const atOnce = row('streams, images, clips at once').map((cell) =>
    cell.split(', ').map((count) => Number(count.replaceAll(',', ''))),
  );
  const kinds = ['`TEXT_CONCURRENCY`', '`IMAGE_CONCURRENCY`', '`VIDEO_CONCURRENCY`'].map(numbers);
  expect(workers).toHaveLength(3);
  workers.forEach((count, column) => {
    expect(count * (numbers('`DATABASE_POOL_SIZE`')[column] ?? NaN)).toBeLessThan(limit);
    kinds.forEach((perWorker, kind) =>
      expect((perWorker[column] ?? NaN) * count).toBeGreaterThanOrEqual(atOnce[column]?.[kind] ?? NaN),
    );
  });
});
