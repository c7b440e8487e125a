import { join } from 'node:path';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { projectRoot } from './project-files';

const FORBIDDEN = ['typeorm', 'zod', 'openai', 'ioredis', 'pg', 'pino'];
const MAX_BYTES = 2_000_000;

let code: string;

beforeAll(async () => {
  const logger = new DefaultLogger('ERROR');
  ({ code } = await bundleWorkflowCode({ workflowsPath: join(projectRoot, 'src', 'workflows'), logger }));
});

// The bundler does not refuse them: the worker would grow several times and fail in every workflow task instead.
it.each(FORBIDDEN)('keeps %s out of the workflow bundle', (name) => {
  expect(code).not.toContain(`node_modules/${name}/`);
});

it('holds the story workflow', () => {
  expect(code).toContain('src/workflows/story.ts');
});

it('stays under 2 MB', () => {
  expect(Buffer.byteLength(code)).toBeLessThan(MAX_BYTES);
});
