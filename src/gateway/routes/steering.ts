import { z } from 'zod';
import { INPUTS } from '../../client/internal';
import { projectOf, type App } from '../app';
import { PROBLEM } from '../answers';
import { cancelAnswer, empty, lanesAnswer, messageAnswer, nothing, projectParams, textual } from '../schemas';
import { defined } from '../../protocol';

const lane = z.strictObject({ lane: INPUTS['the lane'] });
const gate = z.strictObject({ gate: textual(INPUTS['the stage']) });

/** Everything that steers a run. A lane is named in the body, because its name holds a slash. */
export function addSteering(app: App): void {
  const at = '/v1/projects/:id';
  const run = { scope: 'run' } as const;
  const review = { scope: 'review' } as const;
  const base = { params: projectParams };

  app.post(
    `${at}/pause`,
    {
      config: run,
      schema: {
        ...base,
        summary: 'Begin nothing new; with `now` also stop in mid-sentence',
        body: INPUTS['the pause'],
        response: { 200: messageAnswer },
      },
    },
    async (request) => (await projectOf(request)).pause(defined(request.body)),
  );
  app.post(
    `${at}/resume`,
    {
      config: run,
      schema: { ...base, summary: 'Continue a paused run', body: nothing, response: { 200: messageAnswer } },
    },
    async (request) => (await projectOf(request)).resume(),
  );
  app.post(
    `${at}/cancel`,
    {
      config: run,
      schema: { ...base, summary: 'Ask the run to end', body: nothing, response: { 202: cancelAnswer } },
    },
    async (request, reply) => reply.code(202).send(await (await projectOf(request)).cancel()),
  );
  app.post(
    `${at}/retry`,
    {
      config: run,
      schema: { ...base, summary: 'Try a lane again that waits', body: lane, response: { 200: lanesAnswer } },
    },
    async (request) => ({ lanes: await (await projectOf(request)).retry(request.body.lane) }),
  );
  app.post(
    `${at}/skip`,
    {
      config: run,
      schema: { ...base, summary: 'Continue without a lane', body: lane, response: { 200: lanesAnswer } },
    },
    async (request) => ({ lanes: await (await projectOf(request)).skip(request.body.lane) }),
  );
  app.post(
    `${at}/cancel-lane`,
    {
      config: run,
      schema: { ...base, summary: 'Stop a lane and keep its text', body: lane, response: { 200: lanesAnswer } },
    },
    async (request) => ({ lanes: await (await projectOf(request)).cancelLane(request.body.lane) }),
  );
  app.post(
    `${at}/approve`,
    {
      config: review,
      schema: {
        ...base,
        summary: 'Approve a stage that waits',
        body: gate.extend(INPUTS['the approval'].shape),
        response: { 200: messageAnswer, 412: PROBLEM },
      },
    },
    async (request) => {
      const { gate: stage, ...approval } = request.body;
      return (await projectOf(request)).approve(stage, defined(approval));
    },
  );
  app.post(
    `${at}/reject`,
    {
      config: review,
      schema: {
        ...base,
        summary: 'Have a stage that waits, or one lane of it, made again with a reason',
        body: gate.extend(INPUTS['the rejection'].shape),
        response: { 200: lanesAnswer, 412: PROBLEM },
      },
    },
    async (request) => {
      const { gate: stage, ...rejection } = request.body;
      const project = await projectOf(request);
      return { lanes: await project.reject(stage, defined(rejection)) };
    },
  );
  app.put(
    `${at}/budget`,
    {
      config: { scope: 'spend' },
      schema: {
        ...base,
        summary: 'Say what all runs together may cost; null: any',
        body: z.strictObject({ amount: INPUTS['the budget'].unwrap().nullable() }),
        response: { 204: empty },
      },
    },
    async (request, reply) => {
      await (await projectOf(request)).setBudget(request.body.amount ?? undefined);
      return reply.code(204).send(null);
    },
  );
}
