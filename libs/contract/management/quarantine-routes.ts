import {
  expertHealthSchema,
  liftBody,
  liftHeaders,
  quarantineBody,
  quarantineModelParams,
  quarantineParams,
  quarantineSchema,
  quarantinesQuery,
  quarantinesSchema,
  quarantineWrittenSchema,
} from './quarantines.ts';
import { type Route } from './route.ts';

const MODEL = { params: { model: 'tiny-mixtral' } };
const ONE = { params: { model: 'tiny-mixtral', quarantineId: '0197280f-6000-7000-8000-000000000001' } };
const reading = { tag: 'models', tenancy: 'shared', needs: 'read', method: 'get', status: 200 } as const;
const acting = { tag: 'models', tenancy: 'none', needs: 'operate', method: 'post' } as const;

/** Experts that are out of service: by an operator, or because they failed. */
export const quarantineRoutes = {
  createQuarantine: {
    ...acting, operationId: 'createQuarantine', path: '/models/{model}/quarantines', summary: 'Take an expert out of service',
    description: 'Written with its audit entry in one transaction. Answers when every live inference process enforces it, or after 3 seconds: `tookHold` says which. Tokens that would go to the expert go the way that `routing.fallback` of the release says. Refused where a layer would be left with fewer experts than each token selects. Needs no approval, as the other ways back.',
    params: quarantineModelParams, body: quarantineBody, status: 201, response: quarantineWrittenSchema,
    problems: { 404: 'No such model, release or expert.', 409: 'It cannot be done in the present state; the code says why.' },
    example: { ...MODEL, body: { layer: 3, expert: 5, reason: 'answers in the wrong language' } },
  },
  listQuarantines: {
    ...reading, operationId: 'listQuarantines', path: '/models/{model}/quarantines', summary: 'Experts taken out of service, newest first',
    params: quarantineModelParams, query: quarantinesQuery, response: quarantinesSchema, example: MODEL,
  },
  getQuarantine: {
    ...reading, operationId: 'getQuarantine', path: '/models/{model}/quarantines/{quarantineId}', summary: 'One quarantine', description: 'The ETag is the version.',
    params: quarantineParams, response: quarantineSchema, problems: { 404: 'No such quarantine.' }, example: ONE,
  },
  liftQuarantine: {
    ...acting, operationId: 'liftQuarantine', path: '/models/{model}/quarantines/{quarantineId}/lift', summary: 'Put an expert back into service',
    description: 'Written with its audit entry in one transaction. Answers when every live inference process follows, or after 3 seconds. Sent twice, it lifts once: the second is refused.',
    params: quarantineParams, headers: liftHeaders, body: liftBody, status: 200, response: quarantineWrittenSchema,
    problems: { 404: 'No such quarantine.', 409: 'It has ended already.', 412: 'Someone else changed it since: read it again.' },
    example: { ...ONE, body: { reason: 'its new version is in' } },
  },
  getExpertHealth: {
    ...reading, operationId: 'getExpertHealth', path: '/models/{model}/expert-health', summary: 'Which experts do not serve, where, since when and why',
    description: 'As each inference process told within the last seconds. A process that was not heard of for a while is shown as unreachable.',
    params: quarantineModelParams, response: expertHealthSchema, problems: { 404: 'No such model.' }, example: MODEL,
  },
} as const satisfies Record<string, Route>;
