import type { IncomingMessage } from 'node:http';
import type { z } from 'zod';
import { ApiError } from './api-error';

const limit = 64 * 1024 * 1024;

export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > limit) throw new ApiError(413, 'The request body is larger than 64 MB.');
    parts.push(part);
  }
  return Buffer.concat(parts);
}

/** A JSON or multipart body as one plain object; a form's `a[b]` becomes `{a: {b}}` and a file its data URL. */
export async function parseBody(body: Buffer, contentType: string): Promise<unknown> {
  if (contentType.startsWith('multipart/form-data')) return parseForm(body, contentType);
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    throw new ApiError(400, 'We could not parse the JSON body of your request.');
  }
}

async function parseForm(body: Buffer, contentType: string): Promise<unknown> {
  const form = await new Response(body, { headers: { 'content-type': contentType } }).formData().catch(() => {
    throw new ApiError(400, 'We could not parse the form in your request.');
  });
  const fields: Record<string, unknown> = {};
  for (const [name, entry] of form) {
    const nested = /^(\w+)\[(\w+)\]$/.exec(name);
    if (typeof entry !== 'string') {
      const bytes = Buffer.from(await entry.arrayBuffer());
      fields[name] = { image_url: `data:${entry.type || 'image/png'};base64,${bytes.toString('base64')}` };
    } else if (nested?.[1] !== undefined && nested[2] !== undefined) {
      fields[nested[1]] = { ...(fields[nested[1]] as object | undefined), [nested[2]]: entry };
    } else {
      fields[name] = entry;
    }
  }
  return fields;
}

/** The checked request, or 400 with the first thing that is wrong with it. */
export function checked<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw new ApiError(400, `Invalid value at '${issue?.path.join('.') ?? ''}': ${issue?.message ?? 'unknown'}`);
}
