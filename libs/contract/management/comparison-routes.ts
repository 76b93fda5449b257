import { comparisonQuery, comparisonSchema } from './comparison.ts';
import { type Route } from './route.ts';

/** Two cuts of the recorded usage side by side. */
export const comparisonRoutes = {
  compareUsage: {
    operationId: 'compareUsage', method: 'get', path: '/usage/compare', tag: 'routing', needs: 'read', tenancy: 'own',
    summary: 'Expert use of two releases, segments or times side by side, with their divergence',
    description: 'Both sides are of one model. A side with fewer requests than the limit is withheld, and with it the comparison.',
    query: comparisonQuery, status: 200, response: comparisonSchema,
    problems: { 404: 'No such model or release, or no baseline in force.', 409: 'The releases differ in shape: choose one by `release` and one by `otherRelease`.' },
    example: { query: { task: 'chat', otherTask: 'code' } },
  },
} as const satisfies Record<string, Route>;
