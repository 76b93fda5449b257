import { type Route } from './route.ts';
import { requestSchema, traceParams, traceQuery, traceSchema, tracesCountQuery, tracesCountSchema, tracesQuery, tracesSchema } from './traces.ts';

const traces = { tag: 'traces', needs: 'traces', tenancy: 'own', method: 'get', status: 200 } as const;
const EXAMPLE = { params: { requestId: '0197280f-6000-7000-8000-000000000001' } };
const MISSING = { 404: 'No such request was recorded.', 410: 'It is past retention and was deleted.' };

/** Recorded requests and their routing. */
export const traceRoutes = {
  listTraces: {
    ...traces, operationId: 'listTraces', path: '/traces', summary: 'Recorded requests, newest first or by duration, without their content',
    query: tracesQuery, response: tracesSchema, problems: { 400: 'A filter is wrong, or `startAt` stands with an order or a cursor that it does not go with.' },
    example: { query: { limit: '10', order: 'slowest' } },
  },
  countTraces: {
    ...traces, operationId: 'countTraces', path: '/traces/count', summary: 'How many recorded requests match',
    description: 'Exact up to a bound, so that it costs little however many there are.',
    query: tracesCountQuery, response: tracesCountSchema,
    example: { query: { status: 'answered' } },
  },
  getRequest: {
    ...traces, operationId: 'getRequest', path: '/requests/{requestId}', summary: 'What is known of one request, without its content',
    description: 'Its trace is not opened, so no look is written to the audit log.',
    params: traceParams, response: requestSchema, problems: MISSING, example: EXAMPLE,
  },
  getTrace: {
    ...traces, operationId: 'getTrace', path: '/traces/{requestId}', summary: 'The routing of one request, token by token',
    description: 'Every look is written to the audit log before anything is returned.',
    params: traceParams, query: traceQuery, response: traceSchema, problems: MISSING, example: EXAMPLE,
  },
} as const satisfies Record<string, Route>;
