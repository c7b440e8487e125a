import { createJsonSchemaTransform, createJsonSchemaTransformObject } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { describeHeaders, type DescribedOperation } from './document-headers';
import { components } from './schemas';

type Transform = ReturnType<typeof createJsonSchemaTransformObject>;
type Made = ReturnType<Transform>;

interface Operation extends DescribedOperation {
  readonly operationId: string;
  readonly summary?: string;
  readonly description?: string;
  readonly requestBody?: {
    content: Record<string, { schema?: { readonly required?: readonly string[] } }>;
    required?: boolean;
  };
  readonly responses: Record<string, { links?: object; headers?: object }>;
}
type Paths = Readonly<Record<string, Readonly<Record<string, Operation>>>>;

interface Maker {
  readonly method: string;
  readonly path: string;
  readonly parameters: Readonly<Record<string, string>>;
}

/** Where the parameters of an address come from: the operation that makes it, and what of its answer. */
const MADE_BY: Readonly<Record<string, Maker>> = {
  '/v1/projects/{id}': { method: 'post', path: '/v1/projects', parameters: { id: '$response.body#/projectId' } },
  '/v1/projects/{id}/tokens/{token}': {
    method: 'post',
    path: '/v1/tokens',
    parameters: { id: '$response.body#/project', token: '$response.body#/id' },
  },
  '/v1/batches/{batchId}': {
    method: 'post',
    path: '/v1/batches',
    parameters: { batchId: '$response.body#/batchId' },
  },
  '/v1/keys/{key}': { method: 'post', path: '/v1/keys', parameters: { key: '$response.body#/id' } },
};

const options = {
  schemaRegistry: components,
  zodToJsonConfig: {
    override: ({
      zodSchema,
      jsonSchema,
    }: {
      zodSchema: z.core.$ZodTypes;
      jsonSchema: z.core.JSONSchema.BaseSchema;
    }) => {
      // What is described by hand, and without what a type means and a caller would take for a ban.
      Object.assign(jsonSchema, z.globalRegistry.get(zodSchema));
      delete jsonSchema.readOnly;
    },
  },
};
const withComponents = createJsonSchemaTransformObject(options);

/** Each route's part of the document. */
export const described: ReturnType<typeof createJsonSchemaTransform> = createJsonSchemaTransform(options);

/** The document as it is served: with links, and without what nothing refers to. */
export const finished: Transform = (input) => {
  const document = withComponents(input);
  const paths = (document as { readonly paths?: Paths }).paths ?? {};
  for (const operation of Object.values(paths).flatMap((each) => Object.values(each))) {
    const schema = Object.values(operation.requestBody?.content ?? {})[0]?.schema;
    // A body that may be empty may be left out.
    if (operation.requestBody && (schema?.required ?? []).length === 0) operation.requestBody.required = false;
  }
  for (const [path, operations] of Object.entries(paths)) {
    for (const [method, operation] of Object.entries(operations)) describeHeaders(method, path, operation);
  }
  addLinks(paths);
  return withoutUnused(document);
};

/** Every operation of the finished document, in its order. */
export function operationsOf(document: object) {
  const { paths = {} } = document as { readonly paths?: Paths };
  return Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, { summary, description }]) => ({
      method: method.toUpperCase(),
      path,
      summary,
      description,
    })),
  );
}

function addLinks(paths: Paths): void {
  for (const [path, operations] of Object.entries(paths)) {
    const [base] = Object.keys(MADE_BY)
      .filter((each) => path === each || (path.startsWith(`${each}/`) && !path.slice(each.length).includes('{')))
      .sort((a, b) => b.length - a.length);
    const maker = base === undefined ? undefined : MADE_BY[base];
    if (!maker) continue;
    const { parameters } = maker;
    for (const { operationId } of Object.values(operations)) {
      for (const [status, response] of Object.entries(paths[maker.path]?.[maker.method]?.responses ?? {})) {
        if (status.startsWith('2')) response.links = { ...response.links, [operationId]: { operationId, parameters } };
      }
    }
  }
}

function withoutUnused(document: Made): Made {
  const { components: all, ...rest }: { readonly components?: { readonly schemas?: object } } = document as object;
  const schemas = { ...all?.schemas };
  const text = JSON.stringify(rest);
  for (let before = -1; before !== Object.keys(schemas).length;) {
    before = Object.keys(schemas).length;
    const used = text + JSON.stringify(schemas);
    for (const name of Object.keys(schemas)) {
      if (!used.includes(`"#/components/schemas/${name}"`)) Reflect.deleteProperty(schemas, name);
    }
  }
  return { ...document, components: { ...all, schemas } };
}
