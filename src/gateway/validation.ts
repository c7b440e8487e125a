import type { FastifySchemaCompiler, FastifyTypeProvider } from 'fastify';
import type { z } from 'zod';
import { issueWords } from '../client/internal';
import { boundedLine, TEXT_BYTES, type BrokenRule, type FailureType } from '../protocol';
import { Refusal } from './problem';

/** A route's types come from its zod schemas, which also check each request and make the OpenAPI document. */
export interface ZodProvider extends FastifyTypeProvider {
  validator: this['schema'] extends z.ZodType ? z.output<this['schema']> : unknown;
  serializer: unknown;
}

const MAX_NAMED = 20;
const MAX_BYTES = 1_000;
const PLACES: Readonly<Record<string, string>> = {
  body: 'body',
  querystring: 'query',
  params: 'address',
  headers: 'headers',
};

/** Checks a part of a request. The answer names each faulty field; an unknown field is refused. */
export const validate: FastifySchemaCompiler<z.ZodType> =
  ({ schema, httpPart = 'body' }) =>
  (data: unknown) => {
    const given = data ?? (httpPart === 'body' ? {} : undefined);
    const { error, data: value } = schema.safeParse(given, { error: issueWords });
    return error ? { error: refusalOf(httpPart, error.issues) } : { value };
  };

function refusalOf(part: string, issues: readonly z.core.$ZodIssue[]): Refusal {
  const custom = issues.find((issue) => issue.code === 'custom' && issue.params?.['type'] !== undefined);
  const errors = issues.slice(0, MAX_NAMED).map((issue) => ({
    pointer: issue.path.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join(''),
    // It may quote what was sent.
    detail: boundedLine(issue.message, TEXT_BYTES.issue),
    ...brokenBy(issue),
  }));
  if (custom?.code === 'custom') {
    return new Refusal(custom.params?.['type'] as FailureType, custom.message, part === 'body' ? { errors } : {});
  }
  const isForm = part !== 'body' || issues.some(({ code, path }) => code === 'unrecognized_keys' || path.length === 0);
  const said = errors.map(({ pointer, detail }) => (pointer ? `${pointer.slice(1)}: ${detail}` : detail)).join('; ');
  const message = boundedLine(`The ${PLACES[part] ?? part} cannot be taken. ${said}`, MAX_BYTES);
  return new Refusal(isForm ? 'Request.Invalid' : 'Project.Invalid', message, { errors });
}

/** The rule behind an issue, if it is one that a reader may have words for. */
function brokenBy(issue: z.core.$ZodIssue): BrokenRule {
  switch (issue.code) {
    case 'custom':
      return (issue.params?.['broken'] as BrokenRule | undefined) ?? {};
    case 'invalid_type':
      return issue.expected === 'int' ? { rule: 'not_whole' } : {};
    case 'too_big': {
      const rule = isNumber(issue.origin) ? 'too_big' : issue.origin === 'string' ? 'too_many_characters' : 'too_many';
      return { rule, most: Number(issue.maximum) };
    }
    case 'too_small':
      if (isNumber(issue.origin)) return issue.inclusive ? { rule: 'too_small', least: Number(issue.minimum) } : {};
      return issue.minimum === 1 ? { rule: 'empty' } : {};
    default:
      return {};
  }
}

const isNumber = (origin: string) => origin === 'number' || origin === 'int';
