import { annotationsQuery, annotationsSchema, balanceHistoryQuery, balanceHistorySchema, eventsQuery, requestFiguresQuery, requestFiguresSchema } from './overview.ts';
import { type Route } from './route.ts';

/** What happened, what happens, and how requests fare. */
export const overviewRoutes = {
  streamEvents: {
    operationId: 'streamEvents', method: 'get', path: '/events', tag: 'events', needs: 'read', tenancy: 'own',
    summary: 'Hear of changes as they happen',
    description:
      'Server-sent events: `ready` first, then `changed` whenever something did, with the tags of this API to ask again, such as {"tags":["models"]}; no figures, no content. A comment each 15 s shows that the connection lives. It ends when the session or key does. After a break, give the id of the last event to hear at once of what changed meanwhile. A caller bound to a tenant hears of models and releases only.',
    query: eventsQuery, status: 200, response: null, stream: 'Events `ready` and `changed`; the data of both is JSON with `tags`.',
    problems: { 429: 'Too many streams are open, of this account or in all; or too many requests.', 503: 'The server is stopping, or the database does not answer.' },
    example: { query: {} },
  },
  listAnnotations: {
    operationId: 'listAnnotations', method: 'get', path: '/annotations', tag: 'events', needs: 'read', tenancy: 'none',
    summary: 'What changed, on one time line, newest first',
    description: 'Activations, verdicts of rollouts, data rules, change requests that were decided or applied, alerts that fired or ended, and baselines that were adopted.',
    query: annotationsQuery, status: 200, response: annotationsSchema,
    example: { query: { model: 'tiny-mixtral' } },
  },
  getRequestFigures: {
    operationId: 'getRequestFigures', method: 'get', path: '/request-figures', tag: 'traffic', needs: 'read', tenancy: 'own',
    summary: 'Traffic, outcomes and latency over time',
    description: 'From the requests that are recorded, by the minute or hour of their admission. A bucket with fewer requests than the limit is withheld.',
    query: requestFiguresQuery, status: 200, response: requestFiguresSchema, problems: { 404: 'No such model or release.' },
    example: { query: { step: 'minute' } },
  },
  getBalanceHistory: {
    operationId: 'getBalanceHistory', method: 'get', path: '/balance/history', tag: 'routing', needs: 'read', tenancy: 'own',
    summary: 'Entropy and MaxVio of each layer over time, beside the baseline',
    description: 'The figures of the balance report by the minute or hour, without the shares of single experts: small enough for all layers of a large model. The baseline is the traffic of the one in force, of the same tenant.',
    query: balanceHistoryQuery, status: 200, response: balanceHistorySchema,
    problems: { 404: 'No such model or release.', 409: 'The releases of the model differ in shape: choose one by `release`.' },
    example: { query: { step: 'minute' } },
  },
} as const satisfies Record<string, Route>;
