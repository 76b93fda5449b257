import { z } from 'zod';
import { EVIDENCE_KINDS } from '#libs/governance/change/change-payload';
import { RUN_KINDS, RUN_STATES } from '#libs/evaluation/run/run';
import { TASK_KINDS } from '#libs/evaluation/suite/suite';
import { count, instant, pageOf, pageQuery, sha256 } from './common.ts';

const MAX_TASKS = 100;
const text = (what: string, max: number) => z.string(`give ${what}`).min(1, `give ${what}`).max(max, `give at most ${max} characters`);
const json = z.record(z.string(), z.unknown());
const account = z.string().describe('Account.');

export const datasetParams = z.object({ sha256: sha256.describe('Digest of the dataset.') });
export const datasetSchema = z
  .object({
    sha256: sha256.describe('Of its bytes.'),
    sizeBytes: count('Its bytes.'),
    items: count('Its lines that hold an item.'),
    createdAt: instant,
    createdBy: account,
  })
  .meta({ id: 'Dataset', description: 'Items that a task asks: JSON objects, one a line. Its digest is its name.' });
export const datasetsQuery = z.object(pageQuery);
export const datasetsSchema = pageOf(datasetSchema, 'Datasets');

const taskBody = z
  .looseObject({
    id: text('a name of letters, digits, - and _', 100).describe('Unique in the suite.'),
    kind: z.enum(TASK_KINDS, `give ${TASK_KINDS.join(', ')}`).describe('What is measured.'),
    dataset: sha256.describe('Digest of its dataset, which must be there.'),
    grader: json.default({}).describe('How an item is judged; docs/evaluation.md has the graders of each kind.'),
    gates: z.array(json, 'give a list of gates').max(100, 'give at most 100').default([]).describe('Bounds that metrics must keep, such as {"metric": "bitsPerByte", "versus": "reference", "atMost": 0.02}.'),
  })
  .meta({ id: 'EvaluationTask' });
/** As it is given out: nothing is left out of it, which makes it another schema than the body's. */
const keptTask = z
  .looseObject({ id: z.string(), kind: z.enum(TASK_KINDS).describe('What is measured.'), dataset: sha256, grader: json, gates: z.array(json) })
  .meta({ id: 'KeptTask' });
export const suiteBody = z
  .looseObject({
    format: z.literal('signalbox.suite/1').default('signalbox.suite/1'),
    name: text('a name', 200),
    description: z.string().max(10_000, 'give at most 10,000 characters').default('').describe('For people.'),
    tasks: z.array(taskBody, 'give a list of tasks').min(1, 'give at least one task').max(MAX_TASKS, `give at most ${MAX_TASKS}`),
  })
  .meta({ id: 'SuiteBody', description: 'docs/evaluation.md says what it may hold.' });
export const suiteParams = z.object({ digest: sha256.describe('Digest of the suite.') });
const suiteFields = {
  digest: sha256.describe('Of its canonical JSON; it covers every dataset.'),
  name: z.string(),
  description: z.string(),
  createdAt: instant,
  createdBy: account,
};
const listedSuiteSchema = z.object({ ...suiteFields, tasks: count('Its tasks.') }).meta({ id: 'ListedSuite' });
export const suitesQuery = z.object(pageQuery);
export const suitesSchema = pageOf(listedSuiteSchema, 'Suites');
export const suiteSchema = z
  .object({ ...suiteFields, suite: z.looseObject({ format: z.literal('signalbox.suite/1'), name: z.string(), tasks: z.array(keptTask) }).describe('The suite as it is kept, with all defaults.') })
  .meta({ id: 'EvaluationSuite' });

export const evaluationBody = z
  .strictObject({
    kind: z.enum(RUN_KINDS, `give ${RUN_KINDS.join(', ')}`).default('suite').describe('suite: its metrics and gates. attribution: router or expert, between reference (old) and candidate (new). concentration: which experts carry refusals. privacy: what routes tell of the text. recalibration: what a bias on the selection would do to balance and quality.'),
    candidate: sha256.describe('Release id of what is evaluated.'),
    reference: sha256.nullable().default(null).describe('Release id of what it is compared with; needed for attribution. Of the same shape.'),
    suite: sha256.describe('Digest of a suite.'),
    settings: json.default({}).describe('Of the kind: seeds, counts, limits. What is left out is written out with its default.'),
  })
  .meta({ id: 'EvaluationBody' });
export const evaluationParams = z.object({ evaluationId: z.uuid('give an id as the API returned it').describe('Id of the run.') });
export const evaluationsQuery = z.object({
  state: z.enum(RUN_STATES, `give ${RUN_STATES.join(', ')}`).optional().describe('Only in this state.'),
  kind: z.enum(RUN_KINDS, `give ${RUN_KINDS.join(', ')}`).optional().describe('Only of this kind.'),
  release: sha256.optional().describe('Only runs whose candidate or reference this release is.'),
  suite: sha256.optional().describe('Only of this suite.'),
  ...pageQuery,
});
export const reportQuery = z.object({ format: z.enum(['markdown', 'junit', 'text'], 'give markdown, junit or text').default('markdown').describe('markdown for reviewers, junit for CI, text for a terminal.') });

const verdictSchema = z
  .object({
    outcome: z.enum(['pass', 'fail', 'inconclusive']).describe('inconclusive: an interval holds both what a gate allows and what it does not.'),
    reasons: z.array(z.object({ reason: z.string().describe('Stable and machine-readable.'), detail: z.string().describe('For people.') })),
  })
  .meta({ id: 'EvaluationVerdict' });
const runFields = {
  id: z.uuid(),
  spec: sha256.describe('Digest of what was asked; runs with the same one have the same result.'),
  kind: z.enum(RUN_KINDS),
  state: z.enum(RUN_STATES).describe('succeeded: it has a result, whatever its verdict.'),
  candidate: sha256.describe('Release id.'),
  reference: sha256.nullable().describe('Release id.'),
  suite: sha256.describe('Digest.'),
  suiteName: z.string(),
  settings: json.describe('All of them, defaults written out.'),
  cached: z.boolean().describe('Only in the answer to a start: a finished run of the same spec, which cost nothing now.'),
  progress: z
    .object({
      stepsDone: count('Steps whose parts are there.'),
      stepsKnown: count('Of these, how many were known before the run began and cost nothing.'),
      steps: count('All steps; null before the run is planned.').nullable(),
      rows: count('Tokens run through all layers: what the run cost.'),
      label: z.string().nullable().describe('What is being done, for people.'),
    })
    .describe('How far it has come.'),
  verdict: verdictSchema.nullable().describe('null until it has succeeded.'),
  summary: z.string().nullable().describe('The result in a sentence.'),
  resultSha256: sha256.nullable().describe('Of the canonical JSON of the result.'),
  error: z
    .object({ reason: z.string().describe('Stable and machine-readable.'), field: z.string().nullable().describe('What of the order is at fault; null where it is not.'), message: z.string().describe('For people, with the remedy.') })
    .nullable()
    .describe('Why it failed.'),
  createdAt: instant,
  createdBy: account,
  startedAt: instant.nullable(),
  endedAt: instant.nullable(),
};
const listedEvaluationSchema = z.object(runFields).meta({ id: 'ListedEvaluation' });
export const evaluationsSchema = pageOf(listedEvaluationSchema, 'Evaluations');
const attributionSchema = z
  .object({ evaluationId: z.uuid(), state: z.enum(RUN_STATES), summary: z.string().nullable().describe('Which part did it, in a sentence; null until it has succeeded.'), resultSha256: sha256.nullable().describe('Of the canonical JSON of its result.') })
  .meta({ id: 'EvaluationAttribution' });
export const evaluationSchema = z
  .object({
    ...runFields,
    attribution: attributionSchema.nullable().describe('The newest attribution run of the same two releases; for a suite run with a reference.'),
    result: z
      .looseObject({ format: z.literal('signalbox.result/1'), kind: z.enum(RUN_KINDS), verdict: verdictSchema, summary: z.string() })
      .nullable()
      .describe('Everything that was found; docs/evaluation.md has its fields by kind.'),
    measured: json.nullable().describe('What was measured by the clock, and so is not part of the digest.'),
  })
  .meta({ id: 'Evaluation' });

export const attachBody = z
  .strictObject({
    evaluationId: z.uuid('give an id as the API returned it').describe('A run that has succeeded.'),
    kind: z.enum(EVIDENCE_KINDS, `give ${EVIDENCE_KINDS.join(', ')}`).default('evaluation').describe('As which evidence it counts; the blockers of the request name what is missing.'),
  })
  .meta({ id: 'AttachEvaluation' });
