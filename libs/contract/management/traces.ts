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

const requestSchema = z
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
    dataRules: appliedRulesSchema.nullable().describe('null where the model had no data rules.'),
  })
  .meta({ id: 'RecordedRequest', description: 'What is known of a request besides its content.' });

export const tracesQuery = z.object({
  ...usageFilter,
  model: modelName.optional(),
  release: sha256.optional(),
  status: z.enum(['answered', 'cancelled', 'failed'], 'give answered, cancelled or failed').optional(),
  ...pageQuery,
});
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
      .array(z.object({ layer: z.int(), flags: z.array(z.enum(['dropped', 'rerouted', 'masked', 'fallback'])) }))
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
