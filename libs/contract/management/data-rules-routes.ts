import {
  dataRulesBody,
  dataRulesCheckBody,
  dataRulesCheckSchema,
  dataRulesHeaders,
  dataRulesHistoryQuery,
  dataRulesHistorySchema,
  dataRulesParams,
  dataRulesSchema,
} from './data-rules.ts';
import { type Route } from './route.ts';

const NO_MODEL = { 404: 'No such model.' };
const EXAMPLE = { params: { model: 'tiny-mixtral' } };
const RULE = { id: 'finance-eu-only', expert: 'expert/2/5', effect: 'allow-only', tenants: ['bank'], regions: ['eu'], note: 'Trained on data that may only serve the bank.' };

/** Which requests may use which experts. Rules name tenants, so a caller bound to one sees none of them. */
export const dataRulesRoutes = {
  getDataRules: {
    operationId: 'getDataRules', method: 'get', path: '/models/{model}/data-rules', tag: 'data-rules', needs: 'read', tenancy: 'none',
    summary: 'The data-handling rules in force', description: 'The ETag is the generation.',
    params: dataRulesParams, status: 200, response: dataRulesSchema, problems: NO_MODEL, example: EXAMPLE,
  },
  putDataRules: {
    operationId: 'putDataRules', method: 'put', path: '/models/{model}/data-rules', tag: 'data-rules', needs: 'operate', tenancy: 'none',
    summary: 'Write the next generation of rules',
    description: 'Written with its audit entry in one transaction. Inference processes follow within about a second; requests under way keep the rules they began with.',
    params: dataRulesParams, headers: dataRulesHeaders, body: dataRulesBody, status: 200, response: dataRulesSchema,
    problems: { ...NO_MODEL, 409: 'The model changes only by approved change requests.', 412: 'Someone else changed them since: read them again.', 428: 'If-Match is missing.' },
    example: { ...EXAMPLE, headers: { 'if-match': '"0"' }, body: { rules: [RULE], reason: 'contract with the bank' } },
  },
  listDataRulesHistory: {
    operationId: 'listDataRulesHistory', method: 'get', path: '/models/{model}/data-rules/history', tag: 'data-rules', needs: 'read', tenancy: 'none',
    summary: 'All generations of the rules, newest first',
    params: dataRulesParams, query: dataRulesHistoryQuery, status: 200, response: dataRulesHistorySchema, problems: NO_MODEL, example: EXAMPLE,
  },
  checkDataRules: {
    operationId: 'checkDataRules', method: 'post', path: '/models/{model}/data-rules/check', tag: 'data-rules', needs: 'read', tenancy: 'none',
    summary: 'Which experts a request would be kept from, and why', description: 'Changes nothing. With `rules` it tries those in place of the ones in force.',
    params: dataRulesParams, body: dataRulesCheckBody, status: 200, response: dataRulesCheckSchema, problems: { 404: 'No such model or release.' },
    example: { ...EXAMPLE, body: { labels: { tenant: 'bank', region: 'us' } } },
  },
} as const satisfies Record<string, Route>;
