import { type z } from 'zod';

export type RouteScope = 'read' | 'traces' | 'admin';

/** One operation of the management API: what controllers check and what OpenAPI says. */
export interface Route {
  readonly operationId: string;
  readonly method: 'get' | 'post' | 'put' | 'delete';
  /** Below /api/v1, with {parameters} in braces. */
  readonly path: string;
  readonly tag: string;
  readonly scope: RouteScope;
  readonly summary: string;
  readonly description?: string;
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly headers?: z.ZodObject;
  readonly body?: z.ZodType;
  readonly status: 200 | 201 | 202 | 204;
  /** null where the answer has no body. */
  readonly response: z.ZodType | null;
  /** Problems besides 400, 401 and 403: status to when. */
  readonly problems?: Readonly<Record<number, string>>;
}

type Parsed<T> = T extends z.ZodType ? z.output<T> : undefined;

/** Parsed input of a route's handler. */
export interface RouteInput<R extends Route> {
  readonly params: Parsed<R['params']>;
  readonly query: Parsed<R['query']>;
  readonly headers: Parsed<R['headers']>;
  readonly body: Parsed<R['body']>;
}

/** Body of a route's answer. */
export type RouteOutput<R extends Route> = R['response'] extends z.ZodType ? z.output<R['response']> : undefined;
