import type { RouteOptions } from 'fastify';
import { type z } from 'zod';
import { empty, problem } from './schemas';

type Responses = Readonly<Record<number, unknown>>;

export const PROBLEM = { description: 'a problem', content: { 'application/problem+json': { schema: problem } } };

/** To one who has it already; a route names it beside what it answers otherwise. */
export const NOT_MODIFIED = { 304: empty.describe('nothing new') } as const;

/** A body that is a text, or a medium. */
export function bodyOf(description: string, schema: z.ZodType, ...types: readonly string[]) {
  return { description, content: Object.fromEntries(types.map((type) => [type, { schema }])) };
}

/** What a route may answer beside what it states itself, by what it takes and what it needs. */
export function answersOf({ method, url, config, schema }: RouteOptions): Responses {
  const { scope, signedIn } = config ?? {};
  const hasBody = schema?.body !== undefined;
  const isRead = ['GET', 'HEAD'].includes(String(method));
  const isChange = scope !== undefined && !isRead;
  const statuses = [
    ...[400, 403, 429, 500, 503],
    ...((scope ?? signedIn) ? [401] : []),
    ...(url.includes(':') || (scope && hasBody) ? [404] : []),
    ...(scope !== undefined ? [422] : []),
    // A body may come to every other method, also to one that takes none.
    ...(isRead ? [] : [413, 415]),
    ...(hasBody ? [422] : []),
    ...(isChange ? [409] : []),
    ...(method === 'PATCH' ? [412, 428] : []),
  ];
  return {
    ...Object.fromEntries(statuses.map((status) => [status, PROBLEM])),
    ...(schema?.response as Responses | undefined),
  };
}
