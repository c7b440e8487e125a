import { z } from 'zod';
import { FAILURES } from '../../protocol';
import type { App } from '../app';

const errors = Object.entries(FAILURES).map(([code, { status, retryable, title, hint }]) => ({
  code,
  status,
  retryable,
  title,
  hint,
}));

/** What the gateway says of itself, to everybody. */
export function addAbout(app: App): void {
  app.get('/v1', { schema: { summary: 'What is here', response: { 200: z.looseObject({}) } } }, async () => ({
    name: 'storyreel',
    server_time: new Date().toISOString(),
    links: {
      projects: '/v1/projects',
      batches: '/v1/batches',
      review: '/v1/review',
      providers: '/v1/providers',
      estimates: '/v1/estimates',
      session: '/v1/sessions/current',
      openapi: '/v1/openapi.json',
      errors: '/v1/errors',
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
}
