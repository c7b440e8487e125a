import { z } from 'zod';
import type { ViewTokenView } from '../../client';
import { INPUTS } from '../../client/internal';
import { StoryreelError } from '../../protocol';
import { projectOf, storiesOf, type App } from '../app';
import { empty, projectParams, textual } from '../schemas';
import { signToken, type SigningKeys } from '../token';

const DAY = 86_400;
const token = z.looseObject({
  id: z.string(),
  project: z.string(),
  name: z.string().optional(),
  created_at: z.iso.datetime(),
  expires_at: z.iso.datetime(),
  revoked_at: z.iso.datetime().optional(),
});

/** Tokens that show one project to their holder. */
export function addTokens(app: App, keys: SigningKeys): void {
  app.post(
    '/v1/tokens',
    {
      config: { scope: 'share' },
      schema: {
        summary: 'Make a token that shows one project; it is shown this once',
        body: z.strictObject({
          project: textual(INPUTS['the project id']),
          name: INPUTS['the token'].shape.name,
          seconds: z
            .int()
            .min(1)
            .max(30 * DAY)
            .default(900),
        }),
        response: { 201: token.extend({ token: z.string() }) },
      },
    },
    async (request, reply) => {
      const { project: id, name, seconds } = request.body;
      const project = await storiesOf(request).project(id);
      const made = await project.createToken({ seconds, ...(name !== undefined && { name }) });
      return reply
        .code(201)
        .header('cache-control', 'no-store')
        .send({ ...shown(made), token: signToken(keys, made) });
    },
  );
  app.get(
    '/v1/projects/:id/tokens',
    {
      config: { scope: 'share' },
      schema: {
        summary: 'Tokens of a project, oldest first, without their secrets',
        params: projectParams,
        response: { 200: z.looseObject({ tokens: z.array(token) }) },
      },
    },
    async (request) => ({ tokens: (await (await projectOf(request)).tokens()).map(shown) }),
  );
  app.delete(
    '/v1/projects/:id/tokens',
    {
      config: { scope: 'share' },
      schema: { summary: 'Revoke every token of a project', params: projectParams, response: { 204: empty } },
    },
    async (request, reply) => {
      await (await projectOf(request)).revokeTokens();
      return reply.code(204).send(null);
    },
  );
  app.delete(
    '/v1/projects/:id/tokens/:token',
    {
      config: { scope: 'share' },
      schema: {
        summary: 'Revoke a token; its streams end within a second',
        params: projectParams.extend({ token: INPUTS['the name'] }),
        response: { 204: empty },
      },
    },
    async (request, reply) => {
      const project = await projectOf(request);
      if (await project.revokeToken(request.params.token)) return reply.code(204).send(null);
      throw new StoryreelError('Request.NotFound', 'The project has no such token that counts.');
    },
  );
}

function shown({ id, projectId, name, createdAt, expiresAt, revokedAt }: ViewTokenView) {
  return {
    id,
    project: projectId,
    created_at: createdAt.toISOString(),
    expires_at: expiresAt.toISOString(),
    ...(name !== undefined && { name }),
    ...(revokedAt && { revoked_at: revokedAt.toISOString() }),
  };
}
