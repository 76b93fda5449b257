import {
  acknowledgeBody, alertDetailSchema, alertGenerationHeaders, alertParams, alertsQuery, alertsSchema, episodesQuery, episodesSchema, notificationPolicyBody, notificationPolicySchema, ruleBody, ruleEditBody, ruleParams, rulePreviewBody,
  rulePreviewSchema, ruleSchema, rulesQuery, rulesSchema, silenceBody, silenceParams, silencePreviewBody, silencePreviewSchema, silenceSchema, silencesQuery, silencesSchema,
} from './alerts.ts';
import { type Route } from './route.ts';

const ID = '0197280f-6000-7000-8000-000000000001';
const SHA = '5f'.repeat(32);
const all = { tag: 'alerts', tenancy: 'none', status: 200 } as const;
const EDITED = { 404: 'No such rule.', 412: 'Someone else changed it since.', 428: 'If-Match is missing.' };
const EXAMPLE_RULE = { name: 'Router of layer 3', signal: 'router-shift', matchers: [{ label: 'layer', is: 'equal', value: '3' }], limits: [{ severity: 'critical', is: 'above', limit: 0.01 }] };
const EXAMPLE_MATCHERS = [{ label: 'signal', is: 'equal', value: 'mix-shift' }];

/** Rules, alerts, silences, and who is told of what. */
export const alertRoutes = {
  listAlerts: {
    ...all, operationId: 'listAlerts', method: 'get', path: '/alerts', needs: 'read', summary: 'Alerts, newest state first', description: 'Those that are not normal, unless a state is given. A resolved alert is listed as normal for a day; its episodes stay in the history.',
    query: alertsQuery, response: alertsSchema, example: { query: { state: 'alerting' } },
  },
  listAlertEpisodes: {
    ...all, operationId: 'listAlertEpisodes', method: 'get', path: '/alerts/history', needs: 'read', summary: 'Each time an alert fired, newest first', query: episodesQuery, response: episodesSchema, example: { query: { signal: 'router-shift' } },
  },
  getAlert: {
    ...all, operationId: 'getAlert', method: 'get', path: '/alerts/{alertId}', needs: 'read', summary: 'One alert, with what was found', description: 'And what the house did by itself because of it.',
    params: alertParams, response: alertDetailSchema, problems: { 404: 'No such alert, or it has been normal for more than a day.' }, example: { params: { alertId: SHA } },
  },
  acknowledgeAlert: {
    ...all, operationId: 'acknowledgeAlert', method: 'post', path: '/alerts/{alertId}/acknowledge', needs: 'operate', summary: 'Say that someone looks after an alert', description: 'It stops its escalation. It holds for the episode.',
    params: alertParams, body: acknowledgeBody, response: alertDetailSchema, problems: { 404: 'No such alert.', 409: 'It does not fire.' }, example: { params: { alertId: SHA }, body: { note: 'On it.' } },
  },
  unacknowledgeAlert: {
    ...all, operationId: 'unacknowledgeAlert', method: 'delete', path: '/alerts/{alertId}/acknowledgement', needs: 'operate', summary: 'Take an acknowledgement back', params: alertParams, response: alertDetailSchema,
    problems: { 404: 'No such alert.', 409: 'It does not fire.' }, example: { params: { alertId: SHA } },
  },
  createAlertRule: {
    ...all, operationId: 'createAlertRule', method: 'post', path: '/alert-rules', needs: 'operate', summary: 'Make a rule', status: 201, body: ruleBody, response: ruleSchema, problems: { 409: 'There is or was a rule of that id, or there are too many.' }, example: { body: EXAMPLE_RULE },
  },
  listAlertRules: { ...all, operationId: 'listAlertRules', method: 'get', path: '/alert-rules', needs: 'read', summary: 'Rules by id', query: rulesQuery, response: rulesSchema },
  previewAlertRule: {
    ...all, operationId: 'previewAlertRule', method: 'post', path: '/alert-rules/preview', needs: 'read', summary: 'Which episodes a rule would have had', description: 'Replays recorded readings, one a minute; `for` and `keep_firing_for` below a minute show as a minute. A dry run.',
    body: rulePreviewBody, response: rulePreviewSchema, example: { body: { rule: EXAMPLE_RULE } },
  },
  getAlertRule: { ...all, operationId: 'getAlertRule', method: 'get', path: '/alert-rules/{ruleId}', needs: 'read', summary: 'One rule', description: 'The ETag is its generation.', params: ruleParams, response: ruleSchema, problems: { 404: 'No such rule.' }, example: { params: { ruleId: 'mix-shift' } } },
  putAlertRule: {
    ...all, operationId: 'putAlertRule', method: 'put', path: '/alert-rules/{ruleId}', needs: 'operate', summary: 'Change a rule', description: 'Alerts of a rule that is disabled resolve.', params: ruleParams, headers: alertGenerationHeaders, body: ruleEditBody, response: ruleSchema, problems: EDITED,
    example: { params: { ruleId: 'mix-shift' }, headers: { 'if-match': '"1"' }, body: { ...EXAMPLE_RULE, signal: 'mix-shift' } },
  },
  deleteAlertRule: {
    ...all, operationId: 'deleteAlertRule', method: 'delete', path: '/alert-rules/{ruleId}', needs: 'operate', summary: 'Take a rule away', description: 'Its alerts resolve, its history stays, and its id is not given again.', params: ruleParams, headers: alertGenerationHeaders, response: ruleSchema, problems: EDITED,
    example: { params: { ruleId: 'mix-shift' }, headers: { 'if-match': '"1"' } },
  },
  createSilence: {
    ...all, operationId: 'createSilence', method: 'post', path: '/silences', needs: 'operate', summary: 'Tell nobody of some alerts for a time', description: 'Whoever was told that an alert fires is told of its end all the same.', status: 201, body: silenceBody, response: silenceSchema,
    problems: { 409: 'There are too many.' }, example: { body: { matchers: EXAMPLE_MATCHERS, comment: 'A load test.', to: '2036-01-31T12:00:00Z', from: '2036-01-31T11:00:00Z' } },
  },
  listSilences: { ...all, operationId: 'listSilences', method: 'get', path: '/silences', needs: 'read', summary: 'Silences, latest end first', query: silencesQuery, response: silencesSchema },
  expireSilence: { ...all, operationId: 'expireSilence', method: 'post', path: '/silences/{silenceId}/expire', needs: 'operate', summary: 'End a silence now', params: silenceParams, response: silenceSchema, problems: { 404: 'No such silence.' }, example: { params: { silenceId: ID } } },
  previewSilence: {
    ...all, operationId: 'previewSilence', method: 'post', path: '/silences/preview', needs: 'read', summary: 'Which alerts a silence would take', description: 'A dry run.', body: silencePreviewBody, response: silencePreviewSchema, example: { body: { matchers: EXAMPLE_MATCHERS } },
  },
  getNotificationPolicy: { ...all, operationId: 'getNotificationPolicy', method: 'get', path: '/notification-policy', needs: 'read', summary: 'Who is told of what', description: 'The ETag is its generation.', response: notificationPolicySchema },
  putNotificationPolicy: {
    ...all, operationId: 'putNotificationPolicy', method: 'put', path: '/notification-policy', needs: 'operate', summary: 'Say who is told of what', description: 'The whole document. Receivers that it names must exist.', headers: alertGenerationHeaders, body: notificationPolicyBody, response: notificationPolicySchema,
    problems: { 412: 'Someone else changed it since.', 428: 'If-Match is missing.' }, example: { headers: { 'if-match': '"0"' }, body: { receivers: [] } },
  },
} as const satisfies Record<string, Route>;
