import { resolve } from 'node:path';

/** The workflows as the build bundled them, for a test that makes a worker of its own or replays a history. */
export const WORKFLOW_BUNDLE = { codePath: resolve(__dirname, '..', '..', 'dist', 'src', 'workflows', 'bundle.js') };
