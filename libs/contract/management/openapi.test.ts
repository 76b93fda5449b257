import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { openApiDocument } from './openapi.ts';
import { type Route } from './route.ts';
import { ROUTES } from './routes.ts';

const document = openApiDocument(Object.values(ROUTES), '0.0.0');

describe('OpenAPI document', () => {
  it('has every route of the table once, under its own id', () => {
    const ids = Object.values(document.paths).flatMap((path) => Object.values(path).map((operation) => operation['operationId']));
    expect(ids.toSorted()).toEqual(Object.keys(ROUTES).toSorted());
    for (const [name, route] of Object.entries(ROUTES)) expect(route.operationId).toBe(name);
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
        const declared = (operation['parameters'] as { in: string; name: string }[]).filter((parameter) => parameter.in === 'path');
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
    const selfEvident = /\/(layer|expert|status|nextOffset)$/;
    expect(missing.filter((path) => !selfEvident.test(path))).toEqual([]);
  });

  it('refuses two schemas of one name', () => {
    const route = (operationId: string, response: z.ZodType): Route => ({ operationId, method: 'get', path: `/${operationId}`, tag: 't', scope: 'read', summary: 's', status: 200, response });
    const routes = [route('a', z.object({ a: z.string() }).meta({ id: 'Twice' })), route('b', z.object({ b: z.string() }).meta({ id: 'Twice' }))];
    expect(() => openApiDocument(routes, '0')).toThrow(/Twice/);
  });
});

describe('limits of the table', () => {
  it('pages every list by at most 200', () => {
    for (const route of Object.values<Route>(ROUTES).filter(({ operationId }) => operationId.startsWith('list'))) {
      expect(route.query!.safeParse({ limit: '201' }).success).toBe(false);
      expect(route.query!.parse({})).toMatchObject({ limit: 50 });
    }
  });
});
