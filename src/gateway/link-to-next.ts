import type { FastifyReply } from 'fastify';

/** The `Link` header to the next page, with the same filter. */
export function linkToNext(reply: FastifyReply, path: string, query: object, next: string | undefined): void {
  if (next === undefined) return;
  const after = new URLSearchParams({ ...(query as Record<string, string>), after: next });
  void reply.header('link', `<${path}?${after.toString()}>; rel="next"`);
}
