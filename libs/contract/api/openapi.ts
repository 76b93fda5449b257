import { type z } from 'zod';
import { type Api, type Need, type Operation, type Tenancy } from './operation.ts';
import { type Json, SchemaComponents } from './schema-components.ts';

export interface OpenApiParameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required: boolean;
  readonly description?: string;
  readonly schema: Json;
  readonly example?: string;
}

type Content = Readonly<Record<string, { readonly schema: Json; readonly example?: unknown }>>;

export interface OpenApiOperation {
  readonly operationId: string;
  readonly tags: readonly [string];
  readonly summary: string;
  readonly description: string;
  readonly parameters: readonly OpenApiParameter[];
  readonly requestBody?: { readonly required: true; readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly description: string; readonly content?: Content }>>;
  /** One of these gets a caller in; none: no one is asked. */
  readonly security: readonly Readonly<Record<string, readonly string[]>>[];
  readonly 'x-signalbox-needs': Need;
  /** Left out where the operation does not say. */
  readonly 'x-signalbox-tenancy'?: Tenancy;
}

export interface OpenApiDocument {
  readonly openapi: '3.1.0';
  readonly info: { readonly title: string; readonly version: string; readonly description: string; readonly license: Json };
  readonly tags: Api['tags'];
  readonly paths: Readonly<Record<string, Readonly<Record<string, OpenApiOperation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Json>>; readonly securitySchemes: Json };
}

const SECURITY_SCHEMES: Json = {
  key: { type: 'http', scheme: 'bearer', description: 'An API key of Signalbox. Each operation names the permission that its caller needs.' },
  session: { type: 'apiKey', in: 'cookie', name: 'signalbox_session', description: 'A session of a browser; see POST /api/v1/session. What changes something needs the header x-csrf-token besides.' },
};

const IDEMPOTENCY_KEY: OpenApiParameter = {
  name: 'idempotency-key',
  in: 'header',
  required: false,
  description: 'Sent again with the same request within 24 hours, it gives the first answer and does nothing twice. At most 200 visible characters, such as a UUID.',
  schema: { type: 'string', minLength: 1, maxLength: 200 },
};

const NEED_TEXTS: Readonly<Record<string, string>> = { public: 'Open to all.', caller: 'Needs a key or a session, with whatever permissions.' };
const TENANCY_TEXTS: Readonly<Record<Tenancy, string>> = {
  own: 'A caller bound to a tenant gets its own part only.',
  shared: '',
  none: 'Refused to callers bound to a tenant.',
};

/**
 * The OpenAPI 3.1 document of some APIs. Its schemas are the very ones that check requests, so they
 * cannot drift apart. Throws when two different schemas claim one component name.
 */
export function openApiDocument(apis: readonly Api[], version: string): OpenApiDocument {
  const components = new SchemaComponents();
  const paths: Record<string, Record<string, OpenApiOperation>> = {};
  for (const api of apis) {
    for (const operation of api.operations) {
      const path = `${api.prefix}${operation.path}`;
      paths[path] = { ...paths[path], [operation.method]: describe(operation, api, components) };
    }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Signalbox API',
      version,
      description: 'Asks a Mixture-of-Experts model, shows where each token was routed, and governs what may change. Under `/v1` it speaks as OpenAI does; under `/api/v1` errors are `application/problem+json`.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    tags: apis.flatMap(({ tags }) => tags),
    paths,
    components: { schemas: components.schemas, securitySchemes: SECURITY_SCHEMES },
  };
}

function describe(operation: Operation, api: Api, components: SchemaComponents): OpenApiOperation {
  const { params, query, headers, body, example, needs, tenancy } = operation;
  return {
    operationId: operation.operationId,
    tags: [operation.tag],
    summary: operation.summary,
    description: [operation.description, NEED_TEXTS[needs] ?? `Needs the permission \`${needs}\`.`, needs === 'public' ? '' : TENANCY_TEXTS[tenancy ?? 'none']].filter(Boolean).join(' '),
    parameters: [
      ...parameters(params, 'path', components, example?.params),
      ...parameters(query, 'query', components, example?.query),
      ...parameters(headers, 'header', components, example?.headers),
      ...(api.isManagement && operation.method === 'post' ? [IDEMPOTENCY_KEY] : []),
    ],
    ...(body ? { requestBody: { required: true, content: { 'application/json': { schema: components.of(body, 'input'), ...(example?.body === undefined ? {} : { example: example.body }) } } } } : {}),
    ...(operation.bytes === undefined ? {} : { requestBody: { required: true, content: { 'application/octet-stream': { schema: { type: 'string', format: 'binary', description: operation.bytes } } } } }),
    responses: responses(operation, api, components),
    security: needs === 'public' ? [] : [{ key: [needs] }, { session: [needs] }],
    'x-signalbox-needs': needs,
    ...(tenancy === undefined ? {} : { 'x-signalbox-tenancy': tenancy }),
  };
}

function responses({ method, status, summary, response, stream, text, lines, problems }: Operation, api: Api, components: SchemaComponents): OpenApiOperation['responses'] {
  const repeated = api.isManagement && method === 'post' ? { 422: 'The Idempotency-Key belongs to another request.' } : {};
  const errors = Object.entries({ ...api.problems, ...repeated, ...problems }).map(([code, description]) => [
    code,
    { description, content: { [api.error.mediaType]: { schema: components.of(api.error.schema, 'output') } } },
  ]);
  const content: Content = {
    ...(response ? { 'application/json': { schema: components.of(response, 'output') } } : {}),
    ...(stream === undefined ? {} : { 'text/event-stream': { schema: { type: 'string', description: stream } } }),
    ...(text === undefined ? {} : { 'text/plain': { schema: { type: 'string', description: text } } }),
    ...(lines === undefined ? {} : { 'application/x-ndjson': { schema: { type: 'string', description: lines } } }),
  };
  const success = response || stream !== undefined || lines !== undefined || text !== undefined ? { description: `${summary}.`, content } : { description: 'Done.' };
  return { [status]: success, ...Object.fromEntries(errors) };
}

function parameters(schema: z.ZodObject | undefined, place: OpenApiParameter['in'], components: SchemaComponents, examples: Readonly<Record<string, string>> = {}): OpenApiParameter[] {
  if (!schema) return [];
  const json = components.of(schema, 'input');
  const required = new Set(Array.isArray(json['required']) ? json['required'] : []);
  return Object.entries((json['properties'] ?? {}) as Record<string, Json>).map(([name, { description, ...rest }]) => ({
    name,
    in: place,
    required: place === 'path' || required.has(name),
    ...(typeof description === 'string' ? { description } : {}),
    schema: rest,
    ...(examples[name] === undefined ? {} : { example: examples[name] }),
  }));
}
