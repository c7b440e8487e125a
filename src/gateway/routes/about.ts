import { z } from 'zod';
import { FAILURES } from '../../protocol';
import type { App, Services } from '../app';

const readiness = z.looseObject({ ready: z.boolean(), services: z.record(z.string(), z.boolean()) });
const errors = Object.entries(FAILURES).map(([code, { status, retryable, title, hint }]) => ({
  code,
  status,
  retryable,
  title,
  hint,
}));

/** The public facts about the gateway. */
export function addAbout(app: App, { stories, hub }: Services): void {
  app.get('/v1', { schema: { summary: 'What is here', response: { 200: z.looseObject({}) } } }, async () => ({
    name: 'storyreel',
    server_time: new Date().toISOString(),
    links: {
      projects: '/v1/projects',
      batches: '/v1/batches',
      review: '/v1/review',
      outcomes: '/v1/outcomes',
      providers: '/v1/providers',
      estimates: '/v1/estimates',
      session: '/v1/sessions/current',
      openapi: '/v1/openapi.json',
      errors: '/v1/errors',
      llms: '/llms.txt',
    },
  }));
  app.get(
    '/v1/openapi.json',
    { schema: { summary: 'This document', response: { 200: z.looseObject({}) } } },
    async () => app.swagger(),
  );
  app.get(
    '/v1/errors',
    { schema: { summary: 'Every failure by its code', response: { 200: z.looseObject({}) } } },
    async () => ({ errors }),
  );
  app.get(
    '/healthz',
    { schema: { summary: 'Whether this process answers', response: { 200: z.looseObject({}) } } },
    async () => ({
      ok: true,
    }),
  );
  app.get(
    '/readyz',
    {
      schema: {
        summary: 'Whether Postgres answers, and this process is not about to end; `services` states what else is away',
        response: { 200: readiness, 503: readiness },
      },
    },
    async (_request, reply) => {
      const services = await stories.reach();
      // Without the others, most requests have their answer: decisions/038.
      const ready = services.postgres && !hub.isClosing;
      return reply
        .code(ready ? 200 : 503)
        .header('cache-control', 'no-store')
        .send({ ready, services });
    },
  );
}
