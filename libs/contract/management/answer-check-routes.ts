import { answerChecksQuery, answerChecksSchema } from './answer-checks.ts';
import { type Route } from './route.ts';

/** How structured answers turned out. */
export const answerCheckRoutes = {
  getAnswerChecks: {
    operationId: 'getAnswerChecks', method: 'get', path: '/answer-checks', tag: 'traffic', needs: 'read', tenancy: 'own',
    summary: 'How answers kept to their response formats',
    description: 'Counts of valid, invalid and incomplete answers by release and hour or day of admission, as far back as usage by the minute is kept. Figures over fewer requests than the limit are withheld. Requests that named their release themselves are not counted.',
    query: answerChecksQuery, status: 200, response: answerChecksSchema, problems: { 404: 'No such model or release.' },
    example: { query: { step: 'hour' } },
  },
} as const satisfies Record<string, Route>;
