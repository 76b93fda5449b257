import { type OpenApiDocument, type OpenApiOperation } from '#libs/contract/api/openapi';
import { type CallOptions } from './access-house.ts';

/** An operation of the document, with where it stands. */
export interface PlacedOperation {
  readonly method: string;
  readonly path: string;
  readonly operation: OpenApiOperation;
}

/** Every operation below a prefix. */
export function operationsOf(document: OpenApiDocument, prefix: string): PlacedOperation[] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    path.startsWith(`${prefix}/`) ? Object.entries(methods).map(([method, operation]) => ({ method, path, operation })) : [],
  );
}

/** What the document lacks for a request to be made of it; empty where nothing. */
export function missingIn({ method, path, operation }: PlacedOperation): string[] {
  const { operationId, parameters, requestBody } = operation;
  const name = `${operationId} (${method} ${path})`;
  const json = requestBody?.content['application/json'];
  return [
    ...(operation['x-signalbox-needs'] === undefined ? [`${name} does not say what it needs`] : []),
    ...(operation['x-signalbox-tenancy'] === undefined ? [`${name} does not say its tenancy`] : []),
    ...parameters.filter(({ required, example }) => required && example === undefined).map(({ name: parameter }) => `${name} has no example of ${parameter}`),
    ...(json && json.example === undefined ? [`${name} has no example of its body`] : []),
  ];
}

/** A request made of the examples of an operation. */
export function exampleRequest({ method, path, operation }: PlacedOperation, query: Readonly<Record<string, string>> = {}): { path: string; options: CallOptions } {
  const given = (place: string): [string, string][] => operation.parameters.flatMap(({ name, in: where, example }) => (where === place && example !== undefined ? [[name, example]] : []));
  const inPath = new Map(given('path'));
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(inPath.get(name) ?? name));
  const search = new URLSearchParams({ ...Object.fromEntries(given('query')), ...query }).toString();
  const [mediaType, body] = Object.entries(operation.requestBody?.content ?? {})[0] ?? [];
  const headers = { ...Object.fromEntries(given('header')), ...(mediaType === undefined || mediaType === 'application/json' ? {} : { 'content-type': mediaType }) };
  return {
    path: `${filled}${search === '' ? '' : `?${search}`}`,
    options: { method: method.toUpperCase(), headers, ...(body?.example === undefined ? {} : { body: body.example }) },
  };
}
