import { type z } from 'zod';
import { type Operation } from '../api/operation.ts';

/** One operation of the management API, below /api/v1. */
export type Route = Operation;

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
