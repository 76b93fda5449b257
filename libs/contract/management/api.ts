import { type Api } from '../api/operation.ts';
import { problemSchema } from './common.ts';
import { ROUTES } from './routes.ts';

/** The management API, answered by the control role. */
export const MANAGEMENT_API: Api = {
  prefix: '/api/v1',
  operations: Object.values(ROUTES),
  tags: [
    { name: 'routing', description: 'Where tokens went: figures over many requests, by model or release, time and segment.' },
    { name: 'plans', description: 'Plans made of recorded traffic: where to place experts, what a capacity would drop.' },
    { name: 'traces', description: 'Single requests, token by token. As sensitive as their text, so each look is audited.' },
    { name: 'models', description: 'Served names, and which release answers for each.' },
    { name: 'releases', description: 'A release names one version of each component of a model, each by the SHA-256 of its bytes.' },
    { name: 'registry', description: 'Component versions: immutable bytes named by their SHA-256, each with a card that says what it is for.' },
    { name: 'data-rules', description: 'Which requests may use which experts of a model: enforced in the router, recorded with each request.' },
    { name: 'protection', description: 'Experts that must not be taken away without evidence, and the times that they were all the same.' },
    { name: 'signatures', description: 'Signed releases and component versions (OpenSSF model signing), whose signatures count, and what must be signed.' },
    { name: 'imports', description: 'From a checkpoint folder to a release.' },
    { name: 'access', description: 'Who may do what: accounts, their roles and their keys.' },
    { name: 'session', description: 'Signing in from a browser, and what the caller is.' },
    { name: 'keys', description: 'All API keys.' },
    { name: 'rollouts', description: 'Bringing a release to all requests in steps, with guards that roll it back by themselves.' },
    { name: 'feedback', description: 'How good answers were, in the eyes of whoever got them.' },
    { name: 'detection', description: 'Baselines of usage, detectors that watch against them, and what they read.' },
    { name: 'alerts', description: 'Rules, alerts and their findings, silences, and who is told of what.' },
    { name: 'receivers', description: 'Where notifications go, and every attempt to deliver one.' },
    { name: 'events', description: 'What happened: one time line, and a stream that tells of changes as they happen.' },
    { name: 'traffic', description: 'How many requests came, and how they fared.' },
    { name: 'changes', description: 'Change requests: what shall change, on which evidence, and who let it.' },
    { name: 'evaluations', description: 'Suites of tests, runs that measure releases with them, and their results as evidence.' },
    { name: 'audit', description: 'Who did what.' },
  ],
  error: { schema: problemSchema, mediaType: 'application/problem+json' },
  isManagement: true,
  problems: {
    400: 'A field is wrong; the problem names it.',
    401: 'No valid key or session.',
    403: 'The caller may not do this.',
    429: 'Too many requests; Retry-After says when to ask again.',
    503: 'The database does not answer; Retry-After says when to ask again.',
  },
};
