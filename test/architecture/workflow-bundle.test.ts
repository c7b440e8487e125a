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
  const loaded = new RegExp(`node_modules/${name}/|require\\(["']${name}["']\\)|external "${name}"`);
  expect(loaded.exec(code)?.[0]).toBeUndefined();
});

it('holds the story workflow', () => {
  expect(code).toContain('src/workflows/story.ts');
});

it('stays under 2 MB', () => {
  // The source map that closes the bundle is not loaded into the sandbox.
  const [sources = ''] = code.split('//# sourceMappingURL=');
  expect(Buffer.byteLength(sources)).toBeLessThan(MAX_BYTES);
});
