import { z } from 'zod';
import { count, figure, instant, modelName, pageOf, pageQuery, segmentSchema, sha256, usageFilter } from './common.ts';

const appliedRulesSchema = z
  .object({
    digest: sha256.describe('Names the rule set that held: see the history of the data rules.'),
    generation: count('null where the rule set is not in this database.').nullable(),
    maskedExperts: count('Experts of the release that the request must not use.'),
    rules: z.array(z.string()).describe('Ids of the rules that masked them, at most 100.'),
    labels: z.object({ region: z.string(), dataClass: z.string(), licence: z.string() }).describe('What rules look at besides the tenant; empty where the request said nothing.'),
  })
  .meta({ id: 'AppliedDataRules', description: 'Which data rules held for a request, from its admission to its end.' });

const decisionFlag = z.enum(['dropped', 'rerouted', 'masked', 'fallback', 'unavailable', 'generalist']);

export const requestSchema = z
  .object({
    requestId: z.uuid(),
    at: instant.describe('Admission.'),
    model: modelName,
    releaseId: sha256,
    segment: segmentSchema,
    status: z.enum(['answered', 'cancelled', 'failed']),
    promptTokens: count('Tokens of the prompt.'),
    completionTokens: count('Tokens generated, all choices.'),
    routedTokens: count('Tokens that ran through the model, so rows of its trace.'),
    queueWaitMs: figure('Milliseconds.'),
    timeToFirstTokenMs: figure('Milliseconds; null when no token was generated.').nullable(),
    durationMs: figure('Admission to end, milliseconds.'),
    flags: z
      .array(decisionFlag)
      .nullable()
      .describe('What at least one of its decisions was besides the plain top-k; null where that is not known, because a version before this figure recorded it.'),
    isPinned: z.boolean().describe('Whether it named its release itself, so that no figure of the traffic counts it.'),
    degraded: z
      .object({
        path: z.enum(['generalist', 'dense']).describe('generalist: every decision took the generalist path of the release. dense: this model answered in place of the one that was asked for.'),
        askedModel: z.string().nullable().describe('The model that was asked for, where another answered.'),
      })
      .nullable()
      .describe('null where it went the usual way, single decisions aside: those are in `flags`.'),
    answerCheck: z.enum(['valid', 'invalid', 'incomplete']).nullable().describe('How its answers kept to the response format it asked for, the worst of them; null where it asked for none or was not answered.'),
    dataRules: appliedRulesSchema.nullable().describe('null where the model had no data rules.'),
  })
  .meta({ id: 'RecordedRequest', description: 'What is known of a request besides its content.' });

/** Requests are counted up to this many; beyond it there are "more than" so many. */
export const MAX_COUNTED_REQUESTS = 10_000;

const MILLISECONDS = 'give a whole number of milliseconds from 0';
const durationMs = z.coerce.number(MILLISECONDS).int(MILLISECONDS).min(0, MILLISECONDS).max(2 ** 31 - 1, MILLISECONDS).optional();

const tracesFilter = {
  ...usageFilter,
  model: modelName.optional(),
  release: sha256.optional(),
  status: z.enum(['answered', 'cancelled', 'failed'], 'give answered, cancelled or failed').optional(),
  minDurationMs: durationMs.describe('Only requests that took at least so long, admission to end, milliseconds.'),
  maxDurationMs: durationMs.describe('Only requests that took at most so long, admission to end, milliseconds.'),
  flag: z
    .enum(['dropped', 'rerouted', 'masked', 'fallback', 'unavailable', 'generalist', 'any', 'none'], 'give dropped, rerouted, masked, fallback, unavailable, generalist, any or none')
    .optional()
    .describe('Only requests with at least one decision of this kind; `any` for any of them, `none` for all decisions the plain top-k. Requests whose flags are not known match none of these.'),
  rule: z.string().min(1).max(256, 'give at most 256 characters').optional().describe('Only requests for which this data rule masked experts. A request names at most 100 rules.'),
};

export const tracesQuery = z.object({
  ...tracesFilter,
  order: z.enum(['newest', 'oldest', 'slowest', 'fastest'], 'give newest, oldest, slowest or fastest').default('newest').describe('By time of admission, or by duration.'),
  startAt: instant.optional().describe('Where the list begins, to the millisecond: with `newest` at the last request before this time, with `oldest` at the first from it on. Only with these two orders, and not with `cursor`.'),
  ...pageQuery,
});
export const tracesCountQuery = z.object(tracesFilter);
export const tracesCountSchema = z
  .object({
    requests: count(`Requests that match, counted up to ${MAX_COUNTED_REQUESTS}.`),
    isExact: z.boolean().describe('false where there are more than `requests`.'),
  })
  .meta({ id: 'RequestCount' });
export const tracesSchema = pageOf(requestSchema, 'RecordedRequests');

export const MAX_TRACE_ROWS = 1024;

export const traceParams = z.object({ requestId: z.uuid('give the UUID from the x-request-id header of the answer') });
export const traceQuery = z.object({
  offset: z.coerce.number('give a row number from 0').int().min(0, 'give a row number from 0').default(0).describe('First row.'),
  rows: z.coerce
    .number(`give a whole number from 1 to ${MAX_TRACE_ROWS}`)
    .int()
    .min(1, `give a whole number from 1 to ${MAX_TRACE_ROWS}`)
    .max(MAX_TRACE_ROWS, `give a whole number from 1 to ${MAX_TRACE_ROWS}`)
    .default(256)
    .describe('Rows to return.'),
});

const tokenSchema = z
  .object({
    row: count('Position in the trace.'),
    choice: count('Choice that the token belongs to; null for the prompt.').nullable(),
    tokenId: count('null where token ids are not captured.').nullable(),
    text: z.string().nullable().describe('The token as it decodes alone; null where token ids are not captured or the tokenizer is not at hand.'),
    experts: z.array(z.array(z.int())).describe('[layer][k]: selected experts by descending gate.'),
    gates: z.array(z.array(z.number())).describe('[layer][k]: gate weights as applied, kept to 1/255.'),
    flags: z
      .array(z.object({ layer: z.int(), flags: z.array(decisionFlag) }))
      .describe('Decisions that were not the plain top-k.'),
  })
  .meta({ id: 'TracedToken' });

export const traceSchema = z
  .object({
    request: requestSchema,
    layers: count('Layers.'),
    experts: count('Experts in each layer.'),
    topK: count('Experts selected for each token.'),
    totalRows: count('Tokens that ran through the model. The last token of a choice does not, so it has no row.'),
    nextOffset: z.int().nullable().describe('Offset of the next rows; null at the end.'),
    tokens: z.array(tokenSchema),
  })
  .meta({ id: 'Trace', description: 'The routing decisions of one request, token by token. As sensitive as its text.' });
