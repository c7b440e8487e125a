import { NOT_MODIFIED } from '../answers';
import { storiesOf, type App } from '../app';
import { sendTagged } from '../conditional';
import { paidCalls, projectParams } from '../schemas';

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
      const project = await storiesOf(request).project(request.params.id);
      return sendTagged(request, reply, { calls: await project.calls() });
    },
  );
}
