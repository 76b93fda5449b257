import { rolloutActBody, rolloutBody, rolloutParams, rolloutSchema, rolloutsQuery, rolloutsSchema, verdictsQuery, verdictsSchema } from './rollouts.ts';
import { type Route } from './route.ts';

const EXAMPLE = { params: { rolloutId: '0197280f-6000-7000-8000-000000000001' } };
// A plan can name tenants.
const reading = { tag: 'rollouts', tenancy: 'none', needs: 'read' } as const;
const act = {
  tag: 'rollouts', tenancy: 'none', needs: 'operate', method: 'post', params: rolloutParams, body: rolloutActBody, status: 200, response: rolloutSchema, example: { ...EXAMPLE, body: {} },
  problems: { 404: 'No such rollout.', 409: 'It cannot be done in its present state.' },
} as const;

/** Guarded rollouts. */
export const rolloutRoutes = {
  createRollout: {
    tag: 'rollouts', tenancy: 'none', operationId: 'createRollout', method: 'post', path: '/rollouts', needs: 'operate',
    summary: 'Start a guarded rollout of a release',
    description: 'Starts the canary (and shadow) of the first step at once. From then on each step continues, pauses or is rolled back by itself. One rollout of a model at a time.',
    body: rolloutBody, status: 201, response: rolloutSchema,
    problems: { 404: 'No such model or release.', 409: 'A rollout or canary of the model is under way, or the model changes only by approved changes.' },
    example: {
      body: {
        plan: {
          model: 'tiny-mixtral', candidate: '5f'.repeat(32), shadowShare: 0.2,
          steps: [{ share: 0.05, bakeMs: 600_000, minRequests: 200, minTokensPerChangedExpert: 1000, maxMs: 3_600_000 }],
          guards: [{ kind: 'error-rate' }, { kind: 'latency' }, { kind: 'output-divergence' }],
        },
      },
    },
  },
  listRollouts: { ...reading, operationId: 'listRollouts', method: 'get', path: '/rollouts', summary: 'Rollouts, newest first', query: rolloutsQuery, status: 200, response: rolloutsSchema },
  getRollout: {
    ...reading, operationId: 'getRollout', method: 'get', path: '/rollouts/{rolloutId}', summary: 'One rollout: its steps, and what the evidence says',
    params: rolloutParams, status: 200, response: rolloutSchema, problems: { 404: 'No such rollout.' }, example: EXAMPLE,
  },
  listRolloutVerdicts: {
    ...reading, operationId: 'listRolloutVerdicts', method: 'get', path: '/rollouts/{rolloutId}/verdicts', summary: 'Every verdict of a rollout with its figures, newest first',
    params: rolloutParams, query: verdictsQuery, status: 200, response: verdictsSchema, problems: { 404: 'No such rollout.' }, example: EXAMPLE,
  },
  pauseRollout: { ...act, operationId: 'pauseRollout', path: '/rollouts/{rolloutId}/pause', summary: 'Pause a rollout', description: 'The canary keeps its share, and a guard that fails still rolls it back.' },
  resumeRollout: { ...act, operationId: 'resumeRollout', path: '/rollouts/{rolloutId}/resume', summary: 'Go on with a paused rollout', description: 'The time of the step begins anew; its evidence stays.' },
  abortRollout: { ...act, operationId: 'abortRollout', path: '/rollouts/{rolloutId}/abort', summary: 'Abort a rollout: all requests go back to the stable release' },
} as const satisfies Record<string, Route>;
