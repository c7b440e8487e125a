import { z } from 'zod';
import { NOT_MODIFIED } from '../answers';
import { projectOf, type App } from '../app';
import { sendTagged } from '../conditional';
import { named, projectParams } from '../schemas';

const paidCalls = named(
  'PaidCalls',
  z.looseObject({
    calls: z.array(
      z.looseObject({
        lane: z.string(),
        attempt: z.int(),
        fence: z.number(),
        provider: z.string(),
        model: z.string(),
        unit: z.enum(['token', 'image', 'second']),
        units: z.number().optional(),
        inputTokens: z.int(),
        outputTokens: z.int(),
        outcome: z.enum(['in_flight', 'useful', 'wasted']),
        cost: z.number().optional(),
        wastedCost: z.number().optional(),
        reserved: z.number().optional(),
        estimated: z.literal(true).optional(),
        at: z.iso.datetime(),
      }),
    ),
  }),
);

export function addCalls(app: App): void {
  app.get(
    '/v1/projects/:id/calls',
    {
      config: { scope: 'read' },
      schema: {
        summary: 'Every paid call of a project, attempt by attempt, and what of it was wasted',
        params: projectParams,
        response: { 200: paidCalls, ...NOT_MODIFIED },
      },
    },
    async (request, reply) => {
      const project = await projectOf(request);
      return sendTagged(request, reply, { calls: await project.calls() });
    },
  );
}
