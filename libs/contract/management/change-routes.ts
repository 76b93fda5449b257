import {
  breakGlassBody, changeBody, changeEditBody, changeParams, changesQuery, changeSchema, changesSchema, commentBody, dossierQuery, dossierSchema, evidenceBody, evidenceContentSchema, evidenceParams, freezeBody, freezeParams,
  freezeSchema, freezesQuery, freezesSchema, generationHeaders, governanceBody, governanceParams, governanceSchema, maybeRevisionHeaders, noteBody, owedQuery, owedSchema, policiesQuery, policiesSchema, policyBody, policyHeaders,
  policySchema, reviewBody, revisionHeaders, scheduleBody, voteBody,
} from './changes.ts';
import { type Route } from './route.ts';

const ID = '0197280f-6000-7000-8000-000000000001';
const SHA = '5f'.repeat(32);
const params = { changeId: ID };
const MISSING = 'No such request.';
const BLOCKED = 'It cannot be done now; the code and the detail say why.';
const acts = { 404: MISSING, 409: BLOCKED, 412: 'Someone else changed it since; the detail says what.' };
const shared = { tag: 'changes', tenancy: 'none', status: 200, params: changeParams, response: changeSchema } as const;
const act = { ...shared, headers: maybeRevisionHeaders, problems: acts } as const;
const EXAMPLE_CHANGE = { type: 'replace-expert', model: 'tiny-mixtral', replace: [{ component: 'expert/3/5', sha256: SHA }], strategy: { kind: 'canary', share: 0.05 } };

/** Change requests, what they need, and what they leave behind. */
export const changeRoutes = {
  createChange: {
    operationId: 'createChange', method: 'post', path: '/changes', tag: 'changes', needs: 'propose', tenancy: 'none',
    summary: 'Draft a change request', description: 'Planned at once over the present state: the answer shows exactly what would be written, its digest, and what blocks it.',
    body: changeBody, status: 201, response: changeSchema, problems: { 409: 'It cannot be planned; the field and the detail say why.' },
    example: { body: { title: 'Re-tuned expert 5 of layer 3', reason: 'Answers contracts better.', change: EXAMPLE_CHANGE } },
  },
  listChanges: {
    operationId: 'listChanges', method: 'get', path: '/changes', tag: 'changes', needs: 'read', tenancy: 'none',
    summary: 'Change requests, newest first', query: changesQuery, status: 200, response: changesSchema, example: { query: { state: 'open' } },
  },
  listReviewsOwed: {
    operationId: 'listReviewsOwed', method: 'get', path: '/changes/reviews-owed', tag: 'changes', needs: 'read', tenancy: 'none',
    summary: 'What broken glass still owes: reviews, and changes to confirm or revert', query: owedQuery, status: 200, response: owedSchema,
  },
  getChange: {
    ...shared, operationId: 'getChange', method: 'get', path: '/changes/{changeId}', needs: 'read',
    summary: 'One request: diff, evidence, votes, discussion, history, and what blocks it', description: 'The ETag is its revision.', problems: { 404: MISSING }, example: { params },
  },
  editChange: {
    ...shared, operationId: 'editChange', method: 'put', path: '/changes/{changeId}', needs: 'propose', headers: revisionHeaders, body: changeEditBody,
    summary: 'Edit a request and plan it anew', description: 'Takes back every approval. Who edits a request does not decide over it.', problems: { ...acts, 428: 'If-Match is missing.' },
    example: { params, headers: { 'if-match': '"3"' }, body: { title: 'Re-tuned expert 5 of layer 3', reason: 'Answers contracts better.', change: EXAMPLE_CHANGE } },
  },
  submitChange: { ...act, operationId: 'submitChange', method: 'post', path: '/changes/{changeId}/submit', needs: 'propose', body: noteBody, summary: 'Let others decide', description: 'Refused while evidence that its type needs is missing.', example: { params, body: {} } },
  addEvidence: {
    ...act, operationId: 'addEvidence', method: 'post', path: '/changes/{changeId}/evidence', needs: 'propose', body: evidenceBody,
    summary: 'Attach evidence', description: 'Approvals given before stand: they name the evidence they saw.',
    example: { params, body: { kind: 'safety-suite', title: 'Safety suite, 2026-06', content: '{"refusals":0.99}', mediaType: 'application/json' } },
  },
  getEvidence: {
    operationId: 'getEvidence', method: 'get', path: '/changes/{changeId}/evidence/{evidenceId}', tag: 'changes', needs: 'read', tenancy: 'none', params: evidenceParams,
    summary: 'The content of evidence', status: 200, response: evidenceContentSchema, problems: { 404: 'No such evidence, or it lies elsewhere.' }, example: { params: { changeId: ID, evidenceId: ID } },
  },
  removeEvidence: {
    ...shared, operationId: 'removeEvidence', method: 'delete', path: '/changes/{changeId}/evidence/{evidenceId}', needs: 'propose', params: evidenceParams,
    summary: 'Take evidence away', description: 'And with it every approval that saw it. It stays in the history.', problems: { 404: 'No such request or evidence.', 409: BLOCKED }, example: { params: { changeId: ID, evidenceId: ID } },
  },
  commentOnChange: { ...shared, operationId: 'commentOnChange', method: 'post', path: '/changes/{changeId}/comments', needs: 'read', body: commentBody, summary: 'Say something about a request', problems: { 404: MISSING, 409: 'The discussion is full.' }, example: { params, body: { text: 'Which prompts were used?' } } },
  approveChange: {
    ...act, operationId: 'approveChange', method: 'post', path: '/changes/{changeId}/approve', needs: 'approve', body: voteBody,
    summary: 'Approve exactly what the digest names', description: 'Nobody approves what they had a hand in, administrators included: as author, editor, by evidence, or by having handed out a key that did.',
    example: { params, body: { digest: SHA } },
  },
  rejectChange: { ...act, operationId: 'rejectChange', method: 'post', path: '/changes/{changeId}/reject', needs: 'approve', body: voteBody, summary: 'Reject a request, which ends it', example: { params, body: { digest: SHA, comment: 'The safety suite is of another version.' } } },
  withdrawChange: { ...act, operationId: 'withdrawChange', method: 'post', path: '/changes/{changeId}/withdraw', needs: 'propose', body: noteBody, summary: 'Take a request back, which ends it', example: { params, body: {} } },
  scheduleChange: { ...act, operationId: 'scheduleChange', method: 'post', path: '/changes/{changeId}/schedule', needs: 'operate', body: scheduleBody, summary: 'Have an approved request applied at a time', description: 'Everything is judged again at that time: approvals, freezes, and whether the state has moved.', example: { params, body: { at: '2036-01-31T12:00:00Z' } } },
  unscheduleChange: { ...act, operationId: 'unscheduleChange', method: 'delete', path: '/changes/{changeId}/schedule', needs: 'operate', summary: 'Take a schedule back', example: { params } },
  applyChange: { ...act, operationId: 'applyChange', method: 'post', path: '/changes/{changeId}/apply', needs: 'operate', body: noteBody, summary: 'Apply a request now', description: 'Its effect, its state and the audit entries are one transaction.', example: { params, body: {} } },
  promoteChange: { ...act, operationId: 'promoteChange', method: 'post', path: '/changes/{changeId}/promote', needs: 'operate', body: noteBody, summary: 'Promote the canary that a request began', description: 'The approval was for this release to answer; the canary was the way.', example: { params, body: {} } },
  breakGlass: { ...act, operationId: 'breakGlass', method: 'post', path: '/changes/{changeId}/break-glass', needs: 'operate', body: breakGlassBody, summary: 'Apply a request without approvals, in an emergency', description: 'Owes a review by someone else.', example: { params, body: { reason: 'The expert gives out addresses.', hours: 4 } } },
  reviewChange: { ...act, operationId: 'reviewChange', method: 'post', path: '/changes/{changeId}/review', needs: 'approve', body: reviewBody, summary: 'Review a broken glass', example: { params, body: { verdict: 'confirmed', note: 'It was right to act.' } } },
  getDossier: {
    operationId: 'getDossier', method: 'get', path: '/changes/{changeId}/dossier', tag: 'changes', needs: 'audit', tenancy: 'none', params: changeParams, query: dossierQuery,
    summary: 'Everything about a change, for who must prove it', status: 200, response: dossierSchema, text: 'The dossier in Markdown, with format=markdown or Accept: text/plain.', problems: { 404: MISSING }, example: { params },
  },
  createFreeze: { operationId: 'createFreeze', method: 'post', path: '/freeze-windows', tag: 'changes', needs: 'administer', tenancy: 'none', summary: 'Let nothing change for a time', body: freezeBody, status: 201, response: freezeSchema, example: { body: { name: 'holidays', reason: 'Nobody is here.', from: '2036-12-24T00:00:00Z', to: '2037-01-02T00:00:00Z' } } },
  listFreezes: { operationId: 'listFreezes', method: 'get', path: '/freeze-windows', tag: 'changes', needs: 'read', tenancy: 'none', summary: 'Freeze windows, latest end first', query: freezesQuery, status: 200, response: freezesSchema },
  getFreeze: { operationId: 'getFreeze', method: 'get', path: '/freeze-windows/{freezeId}', tag: 'changes', needs: 'read', tenancy: 'none', summary: 'One freeze window', params: freezeParams, status: 200, response: freezeSchema, problems: { 404: 'No such freeze window.' }, example: { params: { freezeId: ID } } },
  putFreeze: {
    operationId: 'putFreeze', method: 'put', path: '/freeze-windows/{freezeId}', tag: 'changes', needs: 'administer', tenancy: 'none', summary: 'Change a freeze window', params: freezeParams, headers: generationHeaders, body: freezeBody, status: 200, response: freezeSchema,
    problems: { 404: 'No such freeze window.', 412: 'Someone else changed it since.', 428: 'If-Match is missing.' },
    example: { params: { freezeId: ID }, headers: { 'if-match': '"1"' }, body: { name: 'holidays', reason: 'Nobody is here.', from: '2036-12-24T00:00:00Z', to: '2037-01-02T00:00:00Z' } },
  },
  deleteFreeze: { operationId: 'deleteFreeze', method: 'delete', path: '/freeze-windows/{freezeId}', tag: 'changes', needs: 'administer', tenancy: 'none', summary: 'Take a freeze window away', params: freezeParams, headers: generationHeaders, status: 200, response: freezeSchema, problems: { 404: 'No such freeze window.', 412: 'Someone else changed it since.', 428: 'If-Match is missing.' }, example: { params: { freezeId: ID }, headers: { 'if-match': '"1"' } } },
  getChangePolicy: { operationId: 'getChangePolicy', method: 'get', path: '/change-policy', tag: 'changes', needs: 'read', tenancy: 'none', summary: 'The change policy in force', description: 'The ETag is its version.', status: 200, response: policySchema },
  putChangePolicy: {
    operationId: 'putChangePolicy', method: 'put', path: '/change-policy', tag: 'changes', needs: 'administer', tenancy: 'none', summary: 'Put another change policy in force',
    description: 'Checked against the schema of changes; a fault is told with its line and column. Where any model changes only by approved requests, so does the policy: ask for it by a request of the type change-policy.',
    headers: policyHeaders, body: policyBody, status: 200, response: policySchema, problems: { 409: 'It needs an approved change request.', 412: 'Someone else changed it since.', 428: 'If-Match is missing.' },
    example: { headers: { 'if-match': '"0"' }, body: { policies: '@id("all") permit (principal, action, resource);', limits: { approvalHours: 168, changeDays: 30, reviewHours: 48, breakGlassHours: 24 }, reason: 'A trial.' } },
  },
  listChangePolicies: { operationId: 'listChangePolicies', method: 'get', path: '/change-policy/versions', tag: 'changes', needs: 'read', tenancy: 'none', summary: 'Versions of the change policy, newest first', query: policiesQuery, status: 200, response: policiesSchema },
  getGovernance: { operationId: 'getGovernance', method: 'get', path: '/models/{model}/governance', tag: 'changes', needs: 'read', tenancy: 'none', summary: 'Whether a model changes only by approved requests', description: 'The ETag is its generation.', params: governanceParams, status: 200, response: governanceSchema, example: { params: { model: 'tiny-mixtral' } } },
  putGovernance: {
    operationId: 'putGovernance', method: 'put', path: '/models/{model}/governance', tag: 'changes', needs: 'administer', tenancy: 'none', summary: 'Have a model change only by approved requests',
    description: 'Tightening is done here; loosening needs an approved request of the type set-governance, or a broken glass.', params: governanceParams, headers: generationHeaders, body: governanceBody, status: 200, response: governanceSchema,
    problems: { 404: 'No such model.', 409: 'It needs an approved change request.', 412: 'Someone else changed it since.', 428: 'If-Match is missing.' },
    example: { params: { model: 'tiny-mixtral' }, headers: { 'if-match': '"0"' }, body: { mode: 'required', reason: 'It serves customers now.' } },
  },
} as const satisfies Record<string, Route>;
