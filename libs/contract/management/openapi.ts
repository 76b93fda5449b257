import { z } from 'zod';
import { problemSchema } from './common.ts';
import { type Route } from './route.ts';

type Json = Record<string, unknown>;
export interface OpenApiDocument {
  readonly openapi: '3.1.0';
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly tags: readonly { readonly name: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Json>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Json>>; readonly securitySchemes: Json };
  readonly security: readonly Json[];
}

const COMMON_PROBLEMS = { 400: 'A field is wrong; the problem names it.', 401: 'No valid key.', 403: 'The key lacks the scope.', 503: 'The database does not answer; Retry-After says when to ask again.' };

/**
 * The OpenAPI 3.1 document of a route table. Its schemas are the very ones that check requests, so
 * they cannot drift apart. Throws when two different schemas claim one component name.
 */
export function openApiDocument(routes: readonly Route[], version: string): OpenApiDocument {
  const components = new Components();
  const paths: Record<string, Record<string, Json>> = {};
  for (const route of routes) {
    const path = `/api/v1${route.path}`;
    paths[path] = { ...paths[path], [route.method]: operation(route, components) };
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Signalbox management API', version, description: 'Where tokens were routed, and what serves. Errors are application/problem+json.' },
    tags: [...new Set(routes.map(({ tag }) => tag))].map((name) => ({ name })),
    paths,
    components: { schemas: components.schemas, securitySchemes: { key: { type: 'http', scheme: 'bearer', description: 'An API key of Signalbox.' } } },
    security: [{ key: [] }],
  };
}

function operation(route: Route, components: Components): Json {
  const problems: Record<number, string> = { ...COMMON_PROBLEMS, ...route.problems };
  const errors = Object.entries(problems).map(([status, description]) => [
    status,
    { description, content: { 'application/problem+json': { schema: components.of(problemSchema, 'output') } } },
  ]);
  const success = route.response
    ? { description: route.summary, content: { 'application/json': { schema: components.of(route.response, 'output') } } }
    : { description: 'Done.' };
  return {
    operationId: route.operationId,
    tags: [route.tag],
    summary: route.summary,
    description: [route.description, `Needs the scope \`${route.scope}\`.`].filter(Boolean).join(' '),
    parameters: [
      ...parameters(route.params, 'path', components),
      ...parameters(route.query, 'query', components),
      ...parameters(route.headers, 'header', components),
    ],
    ...(route.body ? { requestBody: { required: true, content: { 'application/json': { schema: components.of(route.body, 'input') } } } } : {}),
    responses: { [route.status]: success, ...Object.fromEntries(errors) },
  };
}

function parameters(schema: z.ZodObject | undefined, place: 'path' | 'query' | 'header', components: Components): Json[] {
  if (!schema) return [];
  const json = components.of(schema, 'input');
  const required = new Set(Array.isArray(json['required']) ? json['required'] : []);
  return Object.entries((json['properties'] ?? {}) as Record<string, Json>).map(([name, { description, ...rest }]) => ({
    name,
    in: place,
    required: place === 'path' || required.has(name),
    ...(description === undefined ? {} : { description }),
    schema: rest,
  }));
}

/** Collects named schemas: zod makes a schema with an id a reference, and we keep what it refers to. */
class Components {
  readonly schemas: Record<string, Json> = {};

  of(schema: z.ZodType, io: 'input' | 'output'): Json {
    const text = JSON.stringify(
      z.toJSONSchema(schema, {
        target: 'draft-2020-12',
        io,
        override: ({ jsonSchema }) => {
          // Answers may grow fields; a client must not take today's list as closed.
          if (io === 'output') delete jsonSchema.additionalProperties;
        },
      }),
    ).replaceAll('#/$defs/', '#/components/schemas/');
    const { $schema: _schema, $defs = {}, ...json } = JSON.parse(text) as Json & { $defs?: Record<string, Json> };
    for (const [name, definition] of Object.entries($defs)) this.#define(name, definition);
    return json;
  }

  #define(id: string, json: Json): void {
    const known = this.schemas[id];
    if (known && JSON.stringify(known) !== JSON.stringify(json)) {
      throw new Error(`two different schemas are called ${id}: give one of them another .meta({ id })`);
    }
    this.schemas[id] = json;
  }
}
