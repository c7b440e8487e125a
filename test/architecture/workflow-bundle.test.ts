import { join } from 'node:path';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { workflowSources } from '../../src/worker/workflow-sources';
import { filesBelow, projectFile, projectRoot } from './project-files';

const FORBIDDEN = ['typeorm', 'zod', 'openai', 'ioredis', 'pg', 'pino', '@opentelemetry'];
const MAX_BYTES = 2_300_000;

let code: string;

beforeAll(async () => {
  const logger = new DefaultLogger('ERROR');
  const workflowsPath = join(projectRoot, 'src', 'workflows');
  ({ code } = await bundleWorkflowCode({ ...workflowSources(workflowsPath), logger }));
});

// The bundler does not refuse them: the worker would grow several times and fail in every workflow task instead.
it.each(FORBIDDEN)('keeps %s out of the workflow bundle', (name) => {
  expect(code).not.toContain(`node_modules/${name}/`);
});

it('holds the story workflow and what hands its trace on', () => {
  expect(code).toContain('src/workflows/trace-interceptors.ts');
  expect(code).toContain('src/workflows/story.ts');
});

it('stays under 2.3 MB', () => {
  expect(Buffer.byteLength(code)).toBeLessThan(MAX_BYTES);
});

test('every worker that runs workflow code gives it time, also if it gets little CPU', () => {
  const running = ['src', 'test', 'bench', 'dev']
    .flatMap((folder) => filesBelow(folder))
    .filter((file) => file.endsWith('.ts'))
    .filter((file) => /Worker\.(create|runReplay)[\s\S]*workflowBundle\b/.test(projectFile(file)));
  expect(running).toContain('src/worker/start-worker.ts');
  expect(running.filter((file) => !projectFile(file).includes('...WORKFLOW_TIME'))).toEqual([]);
});
