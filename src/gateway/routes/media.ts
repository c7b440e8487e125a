import { z } from 'zod';
import { INPUTS } from '../../client/internal';
import { laneOfRole, StoryreelError } from '../../protocol';
import { bodyOf, NOT_MODIFIED } from '../answers';
import { projectOf, type App, type Ports } from '../app';
import { sendTagged, tagOf } from '../conditional';
import { MEDIUM, sendMedium } from '../medium';
import { empty, mediaParams, projectParams } from '../schemas';
import { chapters, subRip, webVtt } from '../subtitles';

/** A film may have a text in each scene. */
const MAX_NAMES = 10;
const download = z.strictObject({ download: z.stringbool().optional() });
const missing = (what: string) => new StoryreelError('Request.NotFound', `The project has no ${what}`);

export function addMedia(app: App, { media }: Ports): void {
  app.get(
    '/v1/projects/:id/media/:sha256',
    {
      config: { scope: 'read' },
      schema: {
        summary: 'A picture, clip or film; takes Range',
        params: mediaParams,
        querystring: download,
        response: MEDIUM,
      },
    },
    async (request, reply) => {
      const { id, sha256 } = request.params;
      const found = await (await projectOf(request)).media(sha256);
      if (!found) throw missing('such medium.');
      if (request.query.download)
        void reply.header('content-disposition', `attachment; filename="${id}.${ending(found.mediaType)}"`);
      return sendMedium(request, reply, media, { ...found, sha256, cache: 'private, max-age=31536000, immutable' });
    },
  );

  app.get(
    '/v1/projects/:id/film',
    {
      config: { scope: 'read' },
      schema: {
        summary: 'Where the film is',
        params: projectParams,
        querystring: download,
        response: { 302: empty.describe('the address of the film') },
      },
    },
    async (request, reply) => {
      const { film } = await (await projectOf(request)).status();
      if (!film) throw missing('film yet.');
      const query = request.query.download ? '?download=true' : '';
      return reply
        .header('cache-control', 'private, no-cache')
        .redirect(`/v1/projects/${request.params.id}/media/${film.sha256}${query}`, 302);
    },
  );

  for (const [name, summary, type, written] of [
    ['subtitles.vtt', "The film's narration", 'text/vtt', webVtt],
    ['subtitles.srt', "The film's narration", 'application/x-subrip', subRip],
    ['chapters.vtt', "The film's scenes and their times", 'text/vtt', chapters],
  ] as const) {
    app.get(
      `/v1/projects/:id/${name}`,
      {
        config: { scope: 'read' },
        schema: {
          summary,
          params: projectParams,
          response: { 200: bodyOf('a text', z.string(), type), ...NOT_MODIFIED },
        },
      },
      async (request, reply) => {
        const text = written(await (await projectOf(request)).captions());
        return sendTagged(request, reply.type(`${type}; charset=utf-8`), text);
      },
    );
  }

  app.get(
    '/v1/projects/:id/lanes/text',
    {
      config: { scope: 'read' },
      schema: {
        summary: 'The text of a lane as it is now',
        params: projectParams,
        querystring: z.strictObject({ lane: INPUTS['the lane'].default(laneOfRole('story')) }),
        response: { 200: bodyOf('a text', z.string(), 'text/plain'), ...NOT_MODIFIED },
      },
    },
    async (request, reply) => {
      const { lanes } = await (await projectOf(request)).snapshot();
      const lane = lanes[request.query.lane];
      if (lane?.text === undefined) {
        const names = Object.entries(lanes).flatMap(([name, { text }]) => (text === undefined ? [] : [name]));
        const known =
          names.length > 0 ? `It has texts of ${names.slice(0, MAX_NAMES).join(', ')}.` : 'It has no text yet.';
        throw missing(`text of the lane "${request.query.lane}". ${known}`);
      }
      void reply.type('text/plain; charset=utf-8');
      if (lane.sha256 !== undefined) {
        void reply.header('content-digest', `sha-256=:${Buffer.from(lane.sha256, 'hex').toString('base64')}:`);
      }
      return sendTagged(request, reply, lane.text, lane.sha256 === undefined ? tagOf(lane.text) : `"${lane.sha256}"`);
    },
  );
}

function ending(mediaType: string): string {
  return mediaType.split('/')[1]?.replace('jpeg', 'jpg') ?? 'bin';
}
