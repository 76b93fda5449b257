import { overflowQuery, overflowSchema, placementQuery, placementSchema } from './plans.ts';
import { type Route } from './route.ts';

const NO_MODEL = { 404: 'No such model or release.', 409: 'The releases of the model differ in shape: choose one by `release`.' };

/** Plans made of recorded traffic. They change nothing. */
export const planRoutes = {
  planPlacement: {
    operationId: 'planPlacement', method: 'get', path: '/plans/placement', tag: 'plans', needs: 'read', tenancy: 'own',
    summary: 'Which experts to copy and on which device to put each',
    description: 'Copies go to the experts that stand out most; copies are dealt out longest first to the least loaded device with room (LPT). Judged over the whole time and by its worst hour, beside experts in blocks.',
    query: placementQuery, status: 200, response: placementSchema, problems: NO_MODEL,
    example: { query: { devices: '4', extraCopies: '2' } },
  },
  forecastOverflow: {
    operationId: 'forecastOverflow', method: 'get', path: '/plans/overflow', tag: 'plans', needs: 'traces', tenancy: 'own',
    summary: 'What capacity factors would have dropped',
    description: 'Reads the traces of recent requests; the look is written to the audit log before anything is returned.',
    query: overflowQuery, status: 200, response: overflowSchema, problems: NO_MODEL,
    example: { query: { factors: '1,1.25,2' } },
  },
} as const satisfies Record<string, Route>;
