import { z } from 'zod';
import { StoryreelError } from '../../protocol';
import { PROBLEM } from '../answers';
import { projectOf, type App, type Services } from '../app';
import { MEDIUM, sendMedium } from '../medium';
import { mediaParams } from '../schemas';
import { signToken, verifyToken, type SigningKeys } from '../token';

const MAX_SECONDS = 3_600;

/**
 * Links to one medium, for pages of other sites that embed it. It is the only credential in an address: therefore it
 * opens one file, for an hour at most. It is a token of the project, and is listed and revoked with the others.
 */
export function addMediaLinks(app: App, { stories, media, open }: Services, keys: SigningKeys): void {
  app.post(
    '/v1/projects/:id/media/:sha256/links',
    {
      config: { scope: 'share' },
      schema: {
        summary: 'Make a link that shows one medium to whoever has it, for an hour at most',
        params: mediaParams,
        body: z.strictObject({ seconds: z.int().min(1).max(MAX_SECONDS).default(900) }),
        response: { 201: z.looseObject({ id: z.string(), url: z.string(), expires_at: z.iso.datetime() }) },
      },
    },
    async (request, reply) => {
      const { sha256 } = request.params;
      const project = await projectOf(request);
      if (!(await project.media(sha256))) throw missing();
      const made = await project.createToken({ name: `media ${sha256.slice(0, 8)}`, seconds: request.body.seconds });
      const url = `/v1/media/${signToken(keys, { ...made, sha256 })}`;
      return reply
        .code(201)
        .header('cache-control', 'no-store')
        .send({ id: made.id, url, expires_at: made.expiresAt.toISOString() });
    },
  );
  app.get(
    '/v1/media/:link',
    {
      config: { embedded: true },
      schema: {
        summary: 'The medium of a link; takes Range',
        params: z.strictObject({ link: z.string() }),
        response: { ...MEDIUM, 404: PROBLEM },
      },
    },
    async (request, reply) => {
      const { id, projectId, sha256, expiresAt } = verifyToken(keys, request.params.link) ?? {};
      const isKnown = id !== undefined && projectId !== undefined && sha256 !== undefined;
      const found =
        isKnown && (await stories.tokens.findInvalid([id])).length === 0
          ? await stories.media(projectId, sha256)
          : undefined;
      if (!found || sha256 === undefined) throw missing();
      open.add(reply.raw, `token:${id}`);
      const seconds = Math.max(0, Math.floor((Number(expiresAt) - Date.now()) / 1_000));
      void reply.header('cross-origin-resource-policy', 'cross-origin');
      return sendMedium(request, reply, media, { ...found, sha256, cache: `private, max-age=${seconds}` });
    },
  );
}

function missing(): StoryreelError {
  return new StoryreelError('Request.NotFound', 'There is no such medium, or its link has expired or was revoked.');
}
