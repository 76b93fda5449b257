import { changeParams, changeSchema, maybeRevisionHeaders } from './changes.ts';
import {
  attachBody, datasetParams, datasetSchema, datasetsQuery, datasetsSchema, evaluationBody, evaluationParams, evaluationSchema, evaluationsQuery, evaluationsSchema, reportQuery, suiteBody, suiteParams, suiteSchema, suitesQuery,
  suitesSchema,
} from './evaluations.ts';
import { type Route } from './route.ts';

const ID = '0197280f-6000-7000-8000-000000000001';
const SHA = '5f'.repeat(32);
const OTHER = '6e'.repeat(32);
/** Datasets hold text, and results quote it: nothing here is of a tenant. */
const read = { tag: 'evaluations', tenancy: 'none', needs: 'read', method: 'get', status: 200 } as const;
const remove = { tag: 'evaluations', tenancy: 'none', needs: 'propose', method: 'delete', status: 204, response: null } as const;
const write = { tag: 'evaluations', tenancy: 'none', needs: 'propose', method: 'post' } as const;
const NO_RUN = { 404: 'No such run.' };

/** What releases are measured with, the runs that do it, and their results as evidence. */
export const evaluationRoutes = {
  createDataset: {
    ...write, operationId: 'createDataset', path: '/datasets', summary: 'Keep a dataset',
    description: 'JSON objects, one a line, UTF-8. What an item must hold depends on the kind of the task that uses it, and is checked when a suite names it. The same bytes again answer 200 and change nothing.',
    bytes: 'The dataset: JSONL, at most 32 MiB and 20,000 items.', status: 201, response: datasetSchema,
    problems: { 413: 'It is too large.', 422: 'A line is no JSON object, or too long; the problem names it.' },
  },
  listDatasets: { ...read, operationId: 'listDatasets', path: '/datasets', summary: 'Datasets, newest first', query: datasetsQuery, response: datasetsSchema },
  getDataset: {
    ...read, operationId: 'getDataset', path: '/datasets/{sha256}', summary: 'What is known of a dataset', params: datasetParams, response: datasetSchema, problems: { 404: 'No such dataset.' }, example: { params: { sha256: SHA } },
  },
  deleteDataset: {
    ...remove, operationId: 'deleteDataset', path: '/datasets/{sha256}', summary: 'Delete a dataset that no suite asks', description: 'Measured parts are kept by digests, and hold no text of it that results do not quote.',
    params: datasetParams, problems: { 404: 'No such dataset.', 409: 'Suites ask it; the problem names them.' }, example: { params: { sha256: SHA } },
  },
  createSuite: {
    ...write, operationId: 'createSuite', path: '/suites', summary: 'Keep a suite',
    description: 'Its datasets must be there, and each of their items must be one of the kind of its task; a problem names the task, the line and the field. The same suite again answers 200 and changes nothing.',
    body: suiteBody, status: 201, response: suiteSchema, problems: { 422: 'A dataset is missing, or an item does not fit its task.' },
    example: { body: { name: 'held-out', description: 'German and English, never trained on.', tasks: [{ id: 'german', kind: 'likelihood', dataset: SHA, grader: {}, gates: [{ metric: 'bitsPerByte', versus: 'reference', atMost: 0.02 }] }] } },
  },
  listSuites: { ...read, operationId: 'listSuites', path: '/suites', summary: 'Suites, newest first', query: suitesQuery, response: suitesSchema },
  getSuite: { ...read, operationId: 'getSuite', path: '/suites/{digest}', summary: 'One suite', params: suiteParams, response: suiteSchema, problems: { 404: 'No such suite.' }, example: { params: { digest: SHA } } },
  deleteSuite: {
    ...remove, operationId: 'deleteSuite', path: '/suites/{digest}', summary: 'Delete a suite without runs', description: 'Its datasets stay until somebody deletes them, or nobody has used them for `SIGNALBOX_EVALUATION_RETENTION_DAYS`.',
    params: suiteParams, problems: { 404: 'No such suite.', 409: 'Runs name it; delete those first.' }, example: { params: { digest: SHA } },
  },
  createEvaluation: {
    ...write, operationId: 'createEvaluation', path: '/evaluations', summary: 'Start an evaluation',
    description: 'Answers at once; ask for the run to see its progress and its result. A run of the same spec that is in line or runs is answered with 200, and so is one that has succeeded, with `cached`: that costs nothing.',
    body: evaluationBody, status: 201, response: evaluationSchema,
    problems: { 404: 'No such release or suite.', 409: 'The releases are of different shapes.', 422: 'The suite has nothing that this kind reads, or a setting is wrong.', 429: 'Too many runs wait.' },
    example: { body: { kind: 'suite', candidate: OTHER, reference: SHA, suite: SHA } },
  },
  listEvaluations: { ...read, operationId: 'listEvaluations', path: '/evaluations', summary: 'Evaluations, newest first', query: evaluationsQuery, response: evaluationsSchema, example: { query: { kind: 'suite' } } },
  getEvaluation: { ...read, operationId: 'getEvaluation', path: '/evaluations/{evaluationId}', summary: 'One evaluation: progress, verdict and result', params: evaluationParams, response: evaluationSchema, problems: NO_RUN, example: { params: { evaluationId: ID } } },
  cancelEvaluation: {
    ...write, operationId: 'cancelEvaluation', path: '/evaluations/{evaluationId}/cancel', summary: 'Cancel an evaluation that has not ended',
    description: 'What it has measured is kept: an equal run goes on from there.', status: 200, params: evaluationParams, response: evaluationSchema, problems: { ...NO_RUN, 409: 'It has ended.' }, example: { params: { evaluationId: ID } },
  },
  deleteEvaluation: {
    ...remove, operationId: 'deleteEvaluation', path: '/evaluations/{evaluationId}', summary: 'Delete an evaluation that has ended, with its result',
    description: 'One that a decision rests on stays: evidence of a change request, of a protected expert, of an override or of a compatibility record. What it measured is kept for equal runs until nobody has used it for `SIGNALBOX_EVALUATION_RETENTION_DAYS`. The audit log keeps what was asked for and the digest of the result.',
    params: evaluationParams, problems: { ...NO_RUN, 409: 'It has not ended, or it is evidence; the problem says of what.' }, example: { params: { evaluationId: ID } },
  },
  getEvaluationReport: {
    ...read, operationId: 'getEvaluationReport', path: '/evaluations/{evaluationId}/report', summary: 'The result as a report', params: evaluationParams, query: reportQuery, response: null,
    text: 'The report in the format asked for.', problems: { ...NO_RUN, 409: 'It has no result.' }, example: { params: { evaluationId: ID } },
  },
  attachEvaluation: {
    ...write, operationId: 'attachEvaluation', path: '/changes/{changeId}/evaluations', summary: 'Attach the result of an evaluation to a change request',
    description: 'As evidence by digest, with its verdict first. Where a gate failed, it carries what the attribution of the same two releases found. A run of another release than the request would have answer is refused.',
    params: changeParams, headers: maybeRevisionHeaders, body: attachBody, status: 200, response: changeSchema,
    problems: { 404: 'No such request or run.', 409: 'The run has no result, or is of another release, or the request takes no evidence now.', 412: 'Someone else changed the request since; the detail says what.' },
    example: { params: { changeId: ID }, body: { evaluationId: ID, kind: 'evaluation' } },
  },
} as const satisfies Record<string, Route>;
