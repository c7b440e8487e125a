import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { projectFile, projectRoot } from './project-files';

const stages = projectFile('Dockerfile')
  .split(/^FROM /m)
  .slice(1);
const runtime = stages.at(-1) ?? '';

it('builds in stages of their own, and takes from each only what runs', () => {
  const taken = [...runtime.matchAll(/^COPY --from=(\w+) (\S+) /gm)].map(([, stage, path]) => `${stage} ${path}`);
  expect(taken).toEqual(['tools /tools/', 'modules /app/node_modules', 'build /app/dist/src', 'build /app/dist/web']);
  expect(stages.slice(0, -1).map((stage) => stage.match(/ AS (\w+)$/m)?.[1])).toEqual(['build', 'modules', 'tools']);
  expect(runtime).not.toMatch(/apt-get|npm /);
});

it('has one platform of the core of Temporal, and of ffmpeg what it loads', () => {
  const [, modules = '', tools = ''] = stages;
  expect(modules).toMatch(
    /find node_modules\/@temporalio\/core-bridge\/releases .*\\\n.*! -name "\$\(uname -m\)-unknown-linux-gnu"/,
  );
  const kept = readdirSync(join(projectRoot, 'node_modules/@temporalio/core-bridge/releases'));
  expect(kept).toEqual(expect.arrayContaining(['x86_64-unknown-linux-gnu', 'aarch64-unknown-linux-gnu']));
  expect(tools).toMatch(/--no-install-recommends ca-certificates ffmpeg/);
  expect(tools).toContain('ldd /usr/bin/ffmpeg');
  expect(runtime).toContain('ffmpeg -hide_banner -encoders | grep --quiet libx264');
});

it('has the command in PATH', () => {
  expect(runtime).toContain('ln -s /app/dist/src/cli/main.js /usr/local/bin/storyreel');
});

it('runs as a user without rights, in production, with the command line as its entry', () => {
  expect(runtime).toMatch(/^USER node$/m);
  expect(runtime).toMatch(/^ENV NODE_ENV=production$/m);
  expect(runtime).toMatch(/^ENTRYPOINT \["node", "dist\/src\/cli\/main\.js"\]$/m);
  expect(runtime).toMatch(/^CMD \["worker"\]$/m);
});

it('carries neither dev nor development dependencies', () => {
  expect(stages[1]).toContain('npm ci --omit=dev --ignore-scripts');
  expect(runtime).not.toMatch(/COPY .*\bdev\b/);
});

it('sends the engine nothing but what the build reads', () => {
  const sent = projectFile('.dockerignore').trim().split('\n');
  const copied = [...projectFile('Dockerfile').matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, sources = '']) =>
    sources.split(' '),
  );
  expect(sent).toEqual(['*', ...new Set(copied.map((source) => `!${source}`))]);
});
