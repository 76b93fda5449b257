import { recallBody, recalledSchema, recallParams, recallReportSchema, recallRequestsQuery, recallRequestsSchema } from './recall.ts';
import { type Route } from './route.ts';

const EXAMPLE = { params: { sha256: '3c'.repeat(32) } };
const UNKNOWN = { 404: 'No such component version.' };

/** Withdrawing a component version everywhere. */
export const recallRoutes = {
  recallComponent: {
    operationId: 'recallComponent', method: 'post', path: '/components/{sha256}/recall', tag: 'models', needs: 'operate', tenancy: 'none',
    summary: 'Withdraw a component version everywhere',
    description:
      'In one transaction: no release with it can be chosen any more, and every model that names one moves to the newest release of its history without it; canaries and shadows with it end. Needs no approval. There is no way to take a recall back: import the bytes under review as a new version.',
    params: recallParams, body: recallBody, status: 200, response: recalledSchema,
    problems: { ...UNKNOWN, 409: 'It is recalled already, or nothing is left that may answer for a model and `force` is not given.' },
    example: { ...EXAMPLE, body: { reason: 'trained on data that was to be left out' } },
  },
  getRecall: {
    operationId: 'getRecall', method: 'get', path: '/components/{sha256}/recall', tag: 'models', needs: 'read', tenancy: 'none',
    summary: 'Releases that hold a component version, and how many requests they answered',
    params: recallParams, status: 200, response: recallReportSchema, problems: UNKNOWN, example: EXAMPLE,
  },
  listRecallRequests: {
    operationId: 'listRecallRequests', method: 'get', path: '/components/{sha256}/recall/requests', tag: 'models', needs: 'operate', tenancy: 'none',
    summary: 'Recorded requests that releases with the version answered, newest first',
    description: 'Also before any recall. With `selected=true`, for an expert, those of which a token was routed to it: a page opens at most 200 traces and is one entry in the audit log, written before it is answered. That needs the permission traces too, else 403 permission_missing. Routers, backbone and tokenizer take part in every request of a release, so their list is by release in any case.',
    params: recallParams, query: recallRequestsQuery, status: 200, response: recallRequestsSchema, problems: UNKNOWN, example: { ...EXAMPLE, query: { limit: '50' } },
  },
} as const satisfies Record<string, Route>;
