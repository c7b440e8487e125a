import { z } from 'zod';
import type { ExplainEditOptions } from '../../client';
import { CHANGES, INPUTS } from '../../client/internal';
import { defined, StoryreelError } from '../../protocol';
import { NOT_MODIFIED } from '../answers';
import { projectOf, type App } from '../app';
import { orPresentVersion, sendTagged, versionTag, versionToMatch } from '../conditional';
import { editable, editedProject, explanation, projectParams, textEdits } from '../schemas';

const edit = z.strictObject({ ...CHANGES.shape, by: INPUTS['the edit'].shape.by });

/** What a person may change by hand, and what a run would then make. */
export function addEdits(app: App): void {
  app.patch(
    '/v1/projects/:id',
    {
      config: { scope: 'write' },
      schema: {
        summary: 'Change a project by hand; `If-Match` is the version that the change was made from',
        params: projectParams,
        body: edit,
        response: { 200: editedProject },
      },
    },
    async (request, reply) => {
      const project = await projectOf(request);
      const { by, ...changes } = request.body;
      if (request.headers['if-match'] === undefined) {
        throw new StoryreelError(
          'Request.NotConditional',
          'An edit needs If-Match with the ETag of the project that it was made from, or with *.',
        );
      }
      const version = await versionToMatch(request, project);
      const edit = project.edit(changes, defined({ version, by }));
      const edited = await orPresentVersion(edit, project);
      return reply.header('etag', `"v${edited.version}"`).send(edited);
    },
  );

  app.get(
    '/v1/projects/:id/editable',
    {
      config: { scope: 'read' },
      schema: {
        summary: 'All that a person may edit',
        params: projectParams,
        response: { 200: editable, ...NOT_MODIFIED },
      },
    },
    async (request, reply) => {
      const body = await (await projectOf(request)).editable();
      return sendTagged(request, reply, body, versionTag(body));
    },
  );

  app.get(
    '/v1/projects/:id/text-edits',
    {
      config: { scope: 'read' },
      schema: { summary: 'The texts that people have replaced', params: projectParams, response: { 200: textEdits } },
    },
    async (request) => ({ edits: await (await projectOf(request)).textEdits() }),
  );

  app.post(
    '/v1/projects/:id/explain',
    {
      config: { scope: 'read' },
      schema: {
        summary: 'What a run would make, why, and at what cost; with `changes`, as if they were stored',
        params: projectParams,
        body: INPUTS['what to explain'].extend({ changes: CHANGES.optional() }),
        response: { 200: explanation },
      },
    },
    async (request) => (await projectOf(request)).explain(request.body as ExplainEditOptions),
  );
}
