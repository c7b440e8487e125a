import { EXIT_CODES, failureOf } from '../../src/cli';
import { problemOf } from '../../src/gateway/problem';
import { FAILURES, StoryreelError, type Failure, type FailureType } from '../../src/protocol';
import { projectFile } from './project-files';

const page = projectFile('docs/errors.md');
const catalogue = Object.entries(FAILURES) as [FailureType, Failure][];

const table = [
  '| type | HTTP | exit code | retried | title | what to do |',
  '| --- | --- | --- | --- | --- | --- |',
  ...catalogue.map(
    ([type, { status, exitCode, retryable, title, hint }]) =>
      `| \`${type}\` | ${status} | ${exitCode} | ${retryable ? 'yes' : 'no'} | ${title} | ${hint} |`,
  ),
];

it('is the table of docs/errors.md', () => {
  const written = page.split('\n').filter((line) => line.startsWith('|'));
  const plain = (row: string) => row.replace(/-+/g, '-').replace(/\s+/g, ' ');
  expect(written.map(plain)).toEqual(table.map(plain));
});

it('agrees with what docs/errors.md states of retrying', () => {
  for (const [, type = '', said = ''] of page.matchAll(/^## `(.+)`\n\n(Retried|Not retried)/gm)) {
    expect([type, FAILURES[type as FailureType].retryable]).toEqual([type, said === 'Retried']);
  }
});

describe.each(catalogue)('%s', (type, { status, exitCode, retryable, title, hint }) => {
  const error = new StoryreelError(type, 'What happened.');

  it('is one failure for callers, over HTTP and at the command line', () => {
    expect(error).toMatchObject({ type, retryable, hint });
    expect(problemOf(error, 'req-1')).toMatchObject({ code: type, status, retryable, title, hint });
    expect(failureOf(error)).toMatchObject({ message: 'What happened.', code: exitCode });
    expect(Object.values(EXIT_CODES).map(({ code }) => code)).toContain(exitCode);
  });

  it('has a title and a hint in short sentences', () => {
    expect(title).toMatch(/^[A-Z][^.]{8,80}$/);
    for (const sentence of hint.split(/(?<=[.;:]) /)) expect(sentence.split(' ').length).toBeLessThanOrEqual(25);
    expect(hint).toMatch(/^[A-Z].*\.$/);
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(600);
  });
});
