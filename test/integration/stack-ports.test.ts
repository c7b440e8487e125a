import { createServer, type Server } from 'node:net';
import { startStack } from '../../dev/stack';
import { cleanEnv, newStateDir, removeStateDirs } from '../support/stack-fixture';

const UI_PORT = 8233;
let taken: Server;

beforeAll(async () => {
  taken = createServer();
  // Somebody else may hold it already; what counts is that it is not free.
  await new Promise<void>((ready) => taken.once('error', () => ready()).listen(UI_PORT, '127.0.0.1', ready));
});
afterAll(async () => {
  await new Promise((closed) => taken.close(closed));
  removeStateDirs();
});

test('Where the usual port of the Temporal UI is taken, another one is used and told', async () => {
  const stack = await startStack({
    stateDir: newStateDir(),
    env: cleanEnv(),
    need: ['temporal'],
    persistent: true,
    report: () => undefined,
  });
  try {
    expect(stack.temporal.uiUrl).not.toContain(`:${UI_PORT}`);
    expect((await fetch(stack.temporal.uiUrl ?? '')).ok).toBe(true);
  } finally {
    await stack.stop();
  }
});
