import { projectFile } from './project-files';

const stages = projectFile('Dockerfile')
  .split(/^FROM /m)
  .slice(1);
const runtime = stages.at(-1) ?? '';

it('builds in one stage and runs in another', () => {
  expect(stages).toHaveLength(2);
  expect(runtime).toContain('COPY --from=build /app/dist/src dist/src');
});

it('runs as a user without rights, in production, with the command line as its entry', () => {
  expect(runtime).toMatch(/^USER node$/m);
  expect(runtime).toMatch(/^ENV NODE_ENV=production$/m);
  expect(runtime).toMatch(/^ENTRYPOINT \["node", "dist\/src\/cli\/main\.js"\]$/m);
  expect(runtime).toMatch(/^CMD \["worker"\]$/m);
});

it('carries neither dev nor development dependencies', () => {
  expect(runtime).toContain('npm ci --omit=dev --ignore-scripts');
  expect(runtime).not.toMatch(/COPY .*\bdev\b/);
});

it('sends the engine nothing but what the build reads', () => {
  const sent = projectFile('.dockerignore').trim().split('\n');
  const copied = [...projectFile('Dockerfile').matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, sources = '']) =>
    sources.split(' '),
  );
  expect(sent).toEqual(['*', ...new Set(copied.map((source) => `!${source}`))]);
});
