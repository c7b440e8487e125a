import fc from 'fast-check';
import { IllegalStateError } from '@temporalio/common';
import { GracefulShutdownPeriodExpiredError } from '@temporalio/worker';
import { createWorker } from '../../src/worker';
import { workerFailure } from '../../src/worker/worker-failure';
import { expectOurs, failureOf, oddArgument, oddRecipe } from '../support/only-ours';
import { testEnv } from '../support/services';

const bounds = { not: ['Internal'], secrets: ['hidden-word'] } as const;
const create = createWorker as (given?: unknown) => Promise<unknown>;
/** Nothing is there: what is sound gets as far as Temporal. */
const away = () =>
  testEnv({ TEMPORAL_ADDRESS: '127.0.0.1:1', DATABASE_URL: 'postgres://u:hidden-word@127.0.0.1:1/none' });
const NAMES = ['signal', 'connection', 'payloadCodecs', 'stages', 'providers', 'logger', 'settings'];

test('a worker is not made of odd options', async () => {
  await fc.assert(
    fc.asyncProperty(oddRecipe, fc.constantFrom(...NAMES), async (recipe, name) => {
      const odd = oddArgument(recipe);
      expectOurs(await failureOf(() => create(odd)), bounds);
      expectOurs(await failureOf(() => create({ settings: away(), [name]: odd })), bounds);
      expectOurs(await failureOf(() => create({ settings: { ...away(), [name]: odd, LOG_LEVEL: odd } })), bounds);
    }),
    { numRuns: 40 },
  );
});

test('a hole in a list is no stage, no codec and no name of a stage', async () => {
  const hole: unknown[] = new Array(2);
  const stage = { name: 'extras.title', kind: 'text', scope: 'project', needs: ['rewrite'] };
  for (const extras of [{ stages: hole }, { payloadCodecs: hole }, { stages: [{ ...stage, needs: hole }] }]) {
    expect(await failureOf(() => create({ settings: away(), ...extras }))).toMatchObject({ type: 'Config.Invalid' });
  }
});

test('a worker states which service is away, and that a signal has ended its start', async () => {
  const error = await failureOf(() => create({ settings: away() }));
  expect(error).toMatchObject({ type: 'Service.Unreachable', message: expect.stringContaining('TEMPORAL_ADDRESS') });
  expectOurs(error, bounds);
  const { DATABASE_URL } = away();
  const second = await failureOf(() => create({ settings: testEnv({ DATABASE_URL: DATABASE_URL ?? '' }) }));
  expect(second).toMatchObject({ type: 'Service.Unreachable', message: expect.stringContaining('DATABASE_URL') });
  expectOurs(second, bounds);
  const ended = await failureOf(() => create({ settings: testEnv(), signal: AbortSignal.abort() }));
  expect(ended).toMatchObject({ type: 'Worker.ShuttingDown' });
});

// For example, because Postgres holds a statement for longer than the worker may take to stop.
test.each([
  new GracefulShutdownPeriodExpiredError('Timed out while waiting for worker to shutdown gracefully'),
  new IllegalStateError('Worker still in use: Expected 1 reference, but got 2'),
])('a worker that gave work up when it stopped states this: %s', (error) => {
  expect(workerFailure(error)).toMatchObject({
    type: 'Worker.ShuttingDown',
    message:
      'The worker has stopped, and gave up work that did not end in time. Another attempt of it begins by itself.',
  });
});
