import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Validator } from '@seriousme/openapi-schema-validator';
import { MANAGEMENT_API } from '../management/api.ts';
import { ROUTES } from '../management/routes.ts';
import { INFERENCE_API, OPENAI_ROUTES } from '../openai/routes.ts';
import { openApiDocument } from './openapi.ts';
import { type Api, type Operation } from './operation.ts';

const APIS = [INFERENCE_API, MANAGEMENT_API];
const OPERATIONS: Record<string, Operation> = { ...ROUTES, ...OPENAI_ROUTES };
const document = openApiDocument(APIS, '0.0.0');

describe('OpenAPI document', () => {
  it('is valid by the meta-schema of OpenAPI 3.1', async () => {
    expect(await new Validator().validate(structuredClone(document) as unknown as Record<string, unknown>)).toEqual({ valid: true });
  });

  it('has every operation of the tables once, under its own id', () => {
    const ids = Object.values(document.paths).flatMap((path) => Object.values(path).map(({ operationId }) => operationId));
    expect(ids.toSorted()).toEqual(Object.keys(OPERATIONS).toSorted());
    for (const [name, { operationId }] of Object.entries(OPERATIONS)) expect(operationId).toBe(name);
  });

  it('resolves every reference, and leaves no definition behind', () => {
    const text = JSON.stringify(document);
    for (const [, name] of text.matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)) expect(document.components.schemas).toHaveProperty(name!);
    expect(text).not.toContain('$defs');
    expect([...text.matchAll(/"\$ref":"(?!#\/components\/schemas\/)/g)]).toHaveLength(0);
  });

  it('declares each path parameter, and only those', () => {
    for (const [path, operations] of Object.entries(document.paths)) {
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      for (const operation of Object.values(operations)) {
        const declared = operation.parameters.filter((parameter) => parameter.in === 'path');
        expect(declared.map(({ name }) => name)).toEqual(inPath);
      }
    }
  });

  it('describes every number of an answer, or the object or list it stands in', () => {
    const missing: string[] = [];
    const visit = (node: unknown, path: string, described: boolean): void => {
      if (node === null || typeof node !== 'object') return;
      const schema = node as Record<string, unknown>;
      const here = described || typeof schema['description'] === 'string';
      if ((schema['type'] === 'number' || schema['type'] === 'integer') && !here) missing.push(path);
      for (const [key, child] of Object.entries(schema)) visit(child, `${path}/${key}`, key === 'properties' ? false : here && !path.endsWith('/properties'));
    };
    for (const [name, schema] of Object.entries(document.components.schemas)) visit(schema, name, false);
    const selfEvident = /\/(layer|expert|status|nextOffset)$|^(ChatRequest|CompletionRequest)/;
    expect(missing.filter((path) => !selfEvident.test(path))).toEqual([]);
  });

  it('refuses two schemas of one name', () => {
    const operation = (operationId: string, response: z.ZodType): Operation => ({ operationId, method: 'get', path: `/${operationId}`, tag: 't', needs: 'read', summary: 's', status: 200, response });
    const operations = [operation('a', z.object({ a: z.string() }).meta({ id: 'Twice' })), operation('b', z.object({ b: z.string() }).meta({ id: 'Twice' }))];
    expect(() => openApiDocument([{ ...MANAGEMENT_API, operations }], '0')).toThrow(/Twice/);
  });

  it('names each error as its API forms it, and the permission', () => {
    expect(document.paths['/v1/completions']?.['post']?.responses['404']?.content).toEqual({ 'application/json': { schema: { $ref: '#/components/schemas/InferenceError' } } });
    expect(document.paths['/api/v1/usage']?.['get']?.responses['404']?.content).toEqual({ 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } });
    expect(document.paths['/v1/completions']?.['post']?.security).toEqual([{ key: ['inference'] }, { session: ['inference'] }]);
    expect(Object.keys(document.paths['/v1/chat/completions']?.['post']?.responses['200']?.content ?? {})).toEqual(['application/json', 'text/event-stream']);
  });
});

describe('the tables', () => {
  it.each(APIS)('$prefix: every tag is described, and used', ({ tags, operations }: Api) => {
    expect(tags.map(({ name }) => name).toSorted()).toEqual([...new Set(operations.map(({ tag }) => tag))].toSorted());
  });

  it.each(Object.values(OPERATIONS))('$operationId: its example is one that the schemas take', ({ example = {}, ...operation }: Operation) => {
    for (const part of ['params', 'query', 'headers', 'body'] as const) {
      expect(operation[part]?.safeParse(example[part] ?? {}).error?.message ?? 'fits', part).toBe('fits');
    }
    // Without a body to copy, an example of a POST shows nothing.
    expect(example.body === undefined).toBe(operation.body === undefined);
  });
});

describe('limits of the table', () => {
  it('pages every list by at most 200', () => {
    // The signals are a fixed set.
    for (const route of Object.values<Operation>(ROUTES).filter(({ operationId }) => operationId.startsWith('list') && operationId !== 'listSignals')) {
      expect(route.query!.safeParse({ limit: '201' }).success).toBe(false);
      expect(route.query!.parse({ ...route.example?.query, limit: undefined })).toMatchObject({ limit: 50 });
    }
  });
});
