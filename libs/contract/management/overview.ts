import { z } from 'zod';
import { count, figure, instant, intervalSchema, layerFilter, modelName, pageOf, pageQuery, sha256, usageFilter, windowSchema, withheldSchema } from './common.ts';

export const eventsQuery = z.object({
  after: z.string().max(512, 'give at most 512 characters').optional().describe('Id of the last event that came, to hear at once of what changed since. The header Last-Event-ID does the same.'),
});

export const ANNOTATION_KINDS = ['activation', 'rollout', 'data-rules', 'change', 'alert', 'baseline'] as const;
export const SUBJECT_TYPES = ['release', 'rollout', 'data-rules', 'change', 'alert', 'baseline'] as const;

export const annotationsQuery = z.object({
  model: modelName.optional().describe('Only what concerns this model, and what concerns all of them.'),
  from: instant.optional().describe('Start, inclusive. 24 hours before `to` when left out.'),
  to: instant.optional().describe('End, exclusive. Now when left out.'),
  ...pageQuery,
});
const annotationSchema = z
  .object({
    id: z.string().describe('The same each time it is listed.'),
    at: instant,
    kind: z.enum(ANNOTATION_KINDS),
    event: z.string().describe('What happened, by name: such as start-canary, promote, rollback; continue, fail; approved, applied; fired, resolved; adopted.'),
    title: z.string().describe('The same in words.'),
    model: z.string().nullable().describe('null where it concerns no single model.'),
    release: sha256.nullable().describe('Release that it is about; null where it is about none.'),
    severity: z.enum(['info', 'warning', 'critical']).nullable().describe('Of an alert.'),
    by: z.string().nullable().describe('Who did it, by name; null: Signalbox by itself.'),
    subject: z.object({ type: z.enum(SUBJECT_TYPES), id: z.string().describe('Of the release, rollout, change, alert or baseline; for data rules the model.') }).describe('What to look at.'),
  })
  .meta({ id: 'Annotation', description: 'Something that changed, or that was noticed.' });
export const annotationsSchema = pageOf(annotationSchema, 'Annotations');

export const requestFiguresQuery = z.object({
  model: usageFilter.model,
  release: usageFilter.release,
  from: usageFilter.from,
  to: usageFilter.to,
  tenant: usageFilter.tenant,
  step: z.enum(['minute', 'hour'], 'give minute or hour').default('hour').describe('Width of a bucket.'),
});
const quantiles = (what: string) =>
  z
    .object({ p50: figure('Median, milliseconds.'), p95: figure('95th percentile, milliseconds.'), p99: figure('99th percentile, milliseconds.') })
    .nullable()
    .describe(`${what} Over answered requests, exact, interpolated between neighbours. null where fewer requests than the limit have it.`);
const counted = {
  requests: count('Requests that were admitted and recorded.').optional(),
  answered: count('Answered to the end.').optional(),
  cancelled: count('Given up by the caller.').optional(),
  failed: count('Failed here.').optional(),
  failedShare: figure('failed over requests, 0 to 1: the error rate. Requests refused at admission are not recorded, so not in it.').optional(),
  promptTokens: count('Tokens of the prompts.').optional(),
  completionTokens: count('Tokens generated, all choices.').optional(),
  durationMs: quantiles('From admission to the end of the answer.').optional(),
  timeToFirstTokenMs: quantiles('From admission to the first token.').optional(),
  withheld: withheldSchema.optional(),
};
const decisionsSchema = z
  .object({
    decisions: count('Routing decisions: one for each token and layer.'),
    droppedShare: figure('Selections dropped for capacity, over all decisions.'),
    reroutedShare: figure('Selections sent to another expert, over all decisions.'),
    maskedShare: figure('Decisions in which data rules masked an expert, over all decisions.'),
    fallbackShare: figure('Decisions answered by the fallback, over all decisions.'),
  })
  .meta({ id: 'DecisionShares', description: 'How many routing decisions were not the plain top-k.' });
export const requestFiguresSchema = z
  .object({
    model: z.string(),
    releases: z.array(sha256).describe('Releases that the figures add up.'),
    window: windowSchema,
    recordedFrom: instant.describe('Requests before this are past retention: a window that begins earlier was read from here.'),
    step: z.enum(['minute', 'hour']),
    total: z.object({ ...counted, routing: decisionsSchema.nullable().describe('null where none is recorded.').optional() }).describe('Over the window. Not the sum of quantiles: read from the requests themselves.'),
    buckets: z.array(z.object({ at: instant.describe('Start of the bucket.'), ...counted }).meta({ id: 'RequestBucket' })).describe('Buckets with requests, oldest first; at most 1,500.'),
  })
  .meta({ id: 'RequestFigures', description: 'Traffic, outcomes and latency by time of admission.' });

export const balanceHistoryQuery = z.object({
  model: usageFilter.model,
  release: usageFilter.release,
  from: usageFilter.from,
  to: usageFilter.to,
  tenant: usageFilter.tenant,
  layer: layerFilter,
  step: z.enum(['minute', 'hour'], 'give minute or hour').default('hour').describe('Width of a bucket.'),
});
const balanceSchema = z
  .object({
    entropyBits: figure('Entropy of expert use, bits, as in the balance report.'),
    entropyInterval: intervalSchema.nullable().describe('Bits; clustered by request.'),
    maxViolation: figure('MaxVio: (largest load - mean load) / mean load; 0 is even.').nullable(),
  })
  .meta({ id: 'LayerBalance' });
const points = (what: string) => z.array(z.number().nullable()).describe(`${what} One for each of \`at\`; null where it is withheld or not known.`);
export const balanceHistorySchema = z
  .object({
    model: z.string(),
    releases: z.array(sha256).describe('Releases that the figures add up.'),
    window: windowSchema,
    experts: count('Experts in each layer, E.'),
    step: z.enum(['minute', 'hour']),
    at: z.array(instant).describe('Starts of the buckets with traffic, oldest first; at most 1,500.'),
    baseline: z.object({ id: z.uuid(), release: sha256, window: windowSchema }).nullable().describe('The baseline in force, whose traffic is compared with; null where there is none.'),
    withheld: withheldSchema.optional(),
    layers: z
      .array(
        z
          .object({
            layer: count('Layer, from 0.'),
            now: balanceSchema.describe('Over the window.'),
            baseline: balanceSchema.nullable().describe('Over the traffic of the baseline; null where there is none or it is withheld.'),
            isOutside: z.boolean().describe('Whether the intervals of the entropy, of now and of the baseline, do not meet.'),
            entropyBits: points('Entropy, bits.'),
            entropyLow: points('Lower end of its 95 % interval.'),
            entropyHigh: points('Upper end of its 95 % interval.'),
            maxViolation: points('MaxVio.'),
          })
          .meta({ id: 'LayerBalanceHistory' }),
      )
      .optional()
      .describe('Absent when withheld.'),
  })
  .meta({ id: 'BalanceHistory', description: 'Entropy and MaxVio of each layer over time, beside the baseline in force.' });
