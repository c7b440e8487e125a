import { z } from 'zod';
import { bodyOf } from '../answers';
import type { App } from '../app';
import { operationsOf } from '../document';

const HOW = `# Storyreel

> Makes short films: a topic becomes a story, a storyboard, pictures, clips and a film. Everything is plain HTTP with JSON.

- [The OpenAPI 3.1 document](/v1/openapi.json) has every field; [the list of failures](/v1/errors) states what to do about each.
- Send \`Authorization: Bearer <key>\`. \`GET /v1/sessions/current\` states what the key may do.
- A film costs money. Ask \`POST /v1/estimates\`, or \`POST /v1/projects/{id}/explain\`, for the price before you start a run.
- Send \`Idempotency-Key\` when you create or start something, so that a repeated request does nothing twice.
- A start is not the end. Wait with \`GET /v1/projects/{id}\`, \`Prefer: wait=30\` and \`If-None-Match\`, or read \`/events\`. Never start again to ask.
- An edit needs \`If-Match\` with the ETag of what it was made from.
- A failure is \`application/problem+json\`. Repeat only what has \`"retryable": true\`, and after \`Retry-After\` if it is there.
- A list has \`next\` if there is more: send it as \`after\`. Ignore fields that you do not know.

## Operations
`;

/** The API on one page, for a program that reads texts; made of the same operations as the OpenAPI document. */
export function addLlms(app: App): void {
  let page: string | undefined;
  app.get(
    '/llms.txt',
    {
      schema: {
        summary: 'This API on one page, for agents',
        response: { 200: bodyOf('a text', z.string(), 'text/plain') },
      },
    },
    async (_request, reply) => {
      page ??= `${HOW}\nIn brackets is the scope that a key must have.\n\n${linesOf(app.swagger()).join('\n')}\n`;
      return reply.type('text/plain; charset=utf-8').serializer(String).send(page);
    },
  );
}

function linesOf(document: object): string[] {
  return operationsOf(document).map(({ method, path, summary, description }) => {
    const scope = /`(\w+)`/.exec(description ?? '')?.[1];
    return `- \`${method} ${path}\`${scope === undefined ? '' : ` (${scope})`}: ${summary}`;
  });
}
