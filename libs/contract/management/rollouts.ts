import { z } from 'zod';
import { DEFAULT_FALSE_ROLLBACK_RATE, DEFAULT_MARGINS } from '#libs/governance/rollout/plan';
import { count, figure, instant, intervalSchema, modelName, pageOf, pageQuery, sha256 } from './common.ts';

const MAX_LIST = 20;
const label = z.string().max(256, 'give at most 256 characters');
const share = (of: string) => z.number('give a number').describe(`Share of ${of}, 0 to 1.`);
const ms = (what: string) => z.number('give milliseconds').describe(`${what}, in milliseconds.`);
const whole = (what: string) => z.number('give a whole number').describe(what);

const stepSchema = z.strictObject({
  share: share('the requests in scope; 0 runs the candidate as a shadow only'),
  bakeMs: ms('The step lasts at least this long'),
  minRequests: whole('Requests that the candidate must answer in the step; compared requests where the share is 0.'),
  minTokensPerChangedExpert: whole('Tokens that each expert the candidate changes must take in the step. A step ends in a pause that names an expert the traffic does not reach.').default(0),
  maxMs: ms('Without enough evidence by then the rollout pauses'),
});

const guardFields = {
  weight: z.number().optional().describe('Its part of the false rollback rate, against the weights of the other guards; 1 unless given.'),
  minObservations: z.number().optional().describe('Observations in a step without which the guard does not pass.'),
  passBelow: z.number().optional().describe('A step passes only once the upper end of the effect\'s interval is at or below this. Left out, no proof of harm is enough.'),
};
const margin = (name: keyof typeof DEFAULT_MARGINS, unit: string) => z.number('give a number').optional().describe(`The candidate may be worse by this much, ${unit}; ${DEFAULT_MARGINS[name]} unless given.`);

const guardSchema = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('error-rate'), margin: margin('error-rate', 'in share of requests that fail'), ...guardFields }),
    z.strictObject({
      kind: z.literal('latency'),
      measure: z.enum(['duration', 'time-to-first-token', 'time-per-token']).default('duration'),
      quantile: z.number().default(0.95).describe("Requests count that take longer than this quantile of the stable release's."),
      margin: margin('latency', 'in share of requests beyond the quantile'), ...guardFields,
    }),
    z.strictObject({ kind: z.literal('drop-rate'), margin: margin('drop-rate', 'in share of selections that are dropped'), ...guardFields }),
    z.strictObject({
      kind: z.literal('routing-divergence'),
      source: z.enum(['shadow', 'usage']).describe("`shadow`: share of a token's experts that differ, on the same requests. `usage`: Jensen-Shannon divergence of expert usage between the two, in bits."),
      margin: z.number().optional().describe(`${DEFAULT_MARGINS['routing-divergence/shadow']} (share) or ${DEFAULT_MARGINS['routing-divergence/usage']} (bits) unless given. A router release is meant to move routing: give it more.`), ...guardFields,
    }),
    z.strictObject({
      kind: z.literal('output-divergence'),
      measure: z.enum(['argmax-disagreement', 'kl-bits', 'log-likelihood']).default('argmax-disagreement').describe('On the same tokens: share whose likeliest next token differs, KL divergence in bits a token, or loss of log-likelihood in nats a token.'),
      margin: z.number().optional().describe(`${DEFAULT_MARGINS['output-divergence/argmax-disagreement']}, ${DEFAULT_MARGINS['output-divergence/kl-bits']} or ${DEFAULT_MARGINS['output-divergence/log-likelihood']} unless given.`), ...guardFields,
    }),
    z.strictObject({ kind: z.literal('feedback'), margin: margin('feedback', 'in mean score'), ...guardFields }),
  ], 'give error-rate, latency, drop-rate, routing-divergence, output-divergence or feedback')
  .meta({ id: 'RolloutGuard' });

const scopeSchema = z.strictObject({
  segment: z.strictObject({ tenant: label.optional(), task: label.optional(), language: label.optional() }).nullable().default(null),
  routeSlice: z
    .strictObject({ experts: z.array(z.string().regex(/^expert\/(0|[1-9]\d{0,4})\/(0|[1-9]\d{0,4})$/, 'give names such as expert/3/5')).min(1).max(256), minShare: z.number().gt(0, 'give a number above 0').max(1, 'give a number of at most 1').describe("Least share of the prompt's decisions, in the layers of these experts, that the stable release sends to one of them.") })
    .nullable()
    .default(null),
});

/** A plan as it is sent: what is left out gets its default. */
export const rolloutPlanSchema = z.strictObject({
  model: modelName,
  candidate: sha256.describe('Release that is to answer.'),
  steps: z.array(stepSchema).min(1, 'give at least one step').max(MAX_LIST, `give at most ${MAX_LIST} steps`),
  guards: z.array(guardSchema).min(1, 'give at least one guard').max(MAX_LIST, `give at most ${MAX_LIST} guards`),
  falseRollbackRate: z.number().default(DEFAULT_FALSE_ROLLBACK_RATE).describe('Chance, over the whole rollout and however often it is looked at, that a candidate within all margins is rolled back.'),
  onNoData: z.enum(['pause', 'fail']).default('pause').describe('What happens when a step ends its time without any data.'),
  stickyBy: z.enum(['key', 'session', 'request']).default('session').describe('What stays on one side. By key, few callers make the two sides hard to compare.'),
  scope: scopeSchema.default({ segment: null, routeSlice: null }),
  shadowShare: share('answered requests that also run on the candidate, unanswered').default(0),
  watch: z
    .strictObject({ bakeMs: ms('The candidate is watched at least this long'), minRequests: whole('Requests that it must answer in this time.'), maxMs: ms('Without as many by then the rollout pauses') })
    .nullable()
    .default(null)
    .describe('The time after the promotion in which a failing guard (error-rate, latency, feedback) still rolls back, against what was seen of the stable release before.'),
});

export const rolloutBody = z.strictObject({ plan: rolloutPlanSchema, reason: z.string().min(1).max(1000).optional().describe('Why, for the audit log.') }).meta({ id: 'RolloutRequest' });
export const rolloutActBody = z.strictObject({ reason: z.string().min(1).max(1000).optional().describe('Why, for the audit log.') }).meta({ id: 'RolloutAct' });
export const rolloutParams = z.object({ rolloutId: z.uuid('give a rollout id, as POST /api/v1/rollouts returned it') });
export const rolloutsQuery = z.object({ model: modelName.optional(), ...pageQuery });
export const verdictsQuery = z.object(pageQuery);

const guardFiguresSchema = z
  .object({
    guard: z.string(),
    unit: z.enum(['share', 'bits', 'nats', 'score']),
    stepObservations: count('Observations that were bet on in this step.'),
    observations: count('Observations that were bet on since the rollout began.'),
    minObservations: count('Without as many in the step the guard does not pass.'),
    candidate: figure('Mean of what was seen of the candidate.').nullable(),
    stable: figure('Mean of what was seen of the stable release.').nullable(),
    effect: figure('How much worse the candidate is; with layers, of the one that speaks loudest.').nullable(),
    interval: intervalSchema.nullable(),
    margin: figure('The candidate may be worse by this much.'),
    eValue: figure('Evidence now that it is worse by more than the margin; 1 is none.'),
    peakEValue: figure('Largest e-value so far.'),
    failsAt: figure('The guard fails once the peak is here.'),
    layer: z.int().nullable().describe('The layer that speaks loudest; null for guards that do not look at layers.'),
  })
  .meta({ id: 'GuardFigures' });
const stepFiguresSchema = z
  .object({
    elapsedMs: figure('Time in the step.'),
    step: count('From 0.'),
    share: figure("The candidate's share of the requests in scope."),
    candidateRequests: count('Requests of the step that the candidate answered.'),
    stableRequests: count('Requests of the step that the stable release answered.'),
    comparedRequests: count('Requests of the step that ran on both.'),
    minRequests: count('The step asks for as many.'),
    expertTokens: z.record(z.string(), z.number()).describe('Tokens in the step of each changed expert on the candidate.'),
    minTokensPerChangedExpert: count('The step asks for as many.'),
    guards: z.array(guardFiguresSchema),
    missing: z.string().nullable().optional().describe('What is short.'),
  })
  .meta({ id: 'StepFigures' });

export const verdictSchema = z
  .object({
    id: z.string(),
    step: count('From 0.'),
    at: instant,
    verdict: z.enum(['wait', 'continue', 'complete', 'fail', 'pause', 'end']),
    reason: z.string(),
    guard: z.string().nullable().describe('The guard that decided.'),
    figures: stepFiguresSchema,
  })
  .meta({ id: 'RolloutVerdict' });
export const verdictsSchema = pageOf(verdictSchema, 'RolloutVerdicts');

const rolloutFields = {
  id: z.uuid(),
  model: modelName,
  candidate: sha256,
  stable: sha256.describe('Release that answered as the rollout began.'),
  state: z.enum(['running', 'paused', 'completed', 'failed', 'aborted', 'superseded']).describe('`failed`: rolled back by a guard. `superseded`: someone else changed the activation.'),
  reason: z.string(),
  step: count('From 0.'),
  steps: count('Steps of the plan, the watch included.'),
  share: figure("The candidate's share of the requests in scope in this step."),
  changeId: z.string().nullable().describe('The approved change that started it.'),
  startedBy: z.string(),
  createdAt: instant,
  updatedAt: instant,
  endedAt: instant.nullable(),
};
export const rolloutSummarySchema = z.object(rolloutFields).meta({ id: 'RolloutSummary' });
export const rolloutsSchema = pageOf(rolloutSummarySchema, 'Rollouts');
export const rolloutSchema = z
  .object({
    ...rolloutFields,
    plan: z.unknown().describe('As it was sent, with defaults filled in.'),
    changedExperts: z.array(z.string()).describe('Experts that the candidate changes.'),
    stepResults: z.array(
      z.object({ step: count('From 0.'), share: figure('Share of the step.'), state: z.enum(['running', 'passed', 'failed', 'stopped']), startedAt: instant, endedAt: instant.nullable(), figures: stepFiguresSchema.nullable() }),
    ),
    current: z
      .object({ verdict: z.enum(['wait', 'continue', 'complete', 'fail', 'pause']), reason: z.string(), guard: z.string().nullable(), missing: z.string().nullable(), figures: stepFiguresSchema })
      .describe('What the evidence says as of the last look.'),
  })
  .meta({ id: 'Rollout' });
