import { z } from 'zod';

type Json = Readonly<Record<string, unknown>>;
interface Operation {
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema: Json }>> }>
  >;
}
interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Json };
}

export interface Answered {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly type: string | null;
  readonly text: string;
}

/** By the address of the gateway; all of them are of this code. */
const documents = new Map<string, Promise<AnswersOf>>();

/** Throws where an answer is not what the gateway's own OpenAPI document states. */
export async function mustBeAsStated(url: string, answered: Answered): Promise<void> {
  const known = documents.get(url) ?? AnswersOf.read(url);
  documents.set(url, known);
  (await known).check(answered);
}

class AnswersOf {
  private readonly schemas = new Map<string, z.ZodType>();
  private readonly templates: readonly (readonly [RegExp, string])[];

  private constructor(private readonly document: Document) {
    // A path without parameters counts more than one with.
    this.templates = Object.keys(document.paths)
      .sort((a, b) => Number(a.includes('{')) - Number(b.includes('{')))
      .map((path) => [new RegExp(`^${path.replaceAll('.', '\\.').replace(/\{\w+\}/g, '[^/]+')}/?$`), path]);
  }

  static async read(url: string): Promise<AnswersOf> {
    const answer = await fetch(`${url}/v1/openapi.json`);
    const text = (await answer.text()).replaceAll('#/components/schemas/', '#/$defs/');
    return new AnswersOf(JSON.parse(text) as Document);
  }

  check({ method, path, status, type, text }: Answered): void {
    const at = this.templates.find(([pattern]) => pattern.test(path.split('?')[0] ?? ''))?.[1];
    const operation = at === undefined ? undefined : this.document.paths[at]?.[method.toLowerCase()];
    // What is no operation is refused by 404 or 405, or is the page.
    if (at === undefined || !operation) return;
    const what = `${method} ${at} answered ${status}`;
    const stated = operation.responses[String(status)];
    if (!stated) throw new Error(`${what}, which the document does not state: ${text.slice(0, 300)}`);
    if (method === 'HEAD' || status === 304) return;
    if (!stated.content) {
      if (text !== '') throw new Error(`${what} with a body, of which the document states none`);
      return;
    }
    const found = Object.entries(stated.content).find(([name]) => {
      const [whole, [range = '']] = [name, name.split('*')];
      return type?.split(';')[0] === whole || (whole.endsWith('*') && type?.startsWith(range));
    });
    if (!found) throw new Error(`${what} as ${type}; the document states ${Object.keys(stated.content).join(', ')}`);
    const [name, { schema }] = found;
    if (!name.includes('json')) return;
    const key = `${method} ${at} ${status}`;
    const known = this.schemas.get(key) ?? this.read(schema);
    this.schemas.set(key, known);
    const { error } = known.safeParse(JSON.parse(text));
    if (error) throw new Error(`${what} with another body than the document states: ${z.prettifyError(error)}`);
  }

  private read(schema: Json): z.ZodType {
    return z.fromJSONSchema({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      $defs: this.document.components.schemas,
      ...schema,
    } as Parameters<typeof z.fromJSONSchema>[0]);
  }
}
