import { z } from 'zod';
import { count, figure, intervalSchema, layerFilter, segmentDimension, sha256, usageFilter, windowSchema, withheldSchema } from './common.ts';

export const groupBySchema = z.enum(['none', 'release', 'tenant', 'task', 'language'], 'give none, release, tenant, task or language');

const shape = {
  model: z.string(),
  releases: z.array(sha256).describe('Releases that the figures add up.'),
  window: windowSchema,
  experts: count('Experts in each layer, E.'),
  topK: count('Experts selected for each token, k.'),
};

/** Groups in one answer. */
export const MAX_GROUPS = 200;

export const usageQuery = z.object({ ...usageFilter, layer: layerFilter, groupBy: groupBySchema.default('none').describe('A matrix for each value of this.') });

const usageLayerSchema = z
  .object({
    layer: count('Layer, from 0.'),
    tokens: count('Tokens routed in this layer.'),
    load: z.array(z.int()).describe('Selections of each expert; their sum is tokens x topK, less selections that were dropped or for which data rules left no expert.'),
    share: z.array(z.number()).describe('Load of each expert over the sum of loads; sums to 1.'),
    gateMass: z.array(z.number()).describe('Sum of gate weights of each expert, in tokens. Each weight is kept to 1/255.'),
    flagged: z
      .object({ dropped: count('Decisions dropped for capacity.'), rerouted: count('Decisions sent to another expert.'), masked: count('Decisions with a masked expert.'), fallback: count('Decisions answered by the fallback.') })
      .describe('Decisions that were not the plain top-k.'),
  })
  .meta({ id: 'UsageLayer' });

const usageGroupSchema = z
  .object({
    group: z.string().describe('Value of what groupBy names; empty for none, or where requests gave no value.'),
    requests: count('Requests counted.').optional(),
    withheld: withheldSchema.optional(),
    layers: z.array(usageLayerSchema).optional().describe('The matrix, layer by layer. Absent when withheld.'),
  })
  .meta({ id: 'UsageGroup' });

export const usageSchema = z
  .object({
    ...shape,
    groupBy: groupBySchema,
    groups: z.array(usageGroupSchema).describe(`By name; at most ${MAX_GROUPS}, those with the most requests.`),
    omittedGroups: count('Groups beyond that; filter to see them.'),
  })
  .meta({ id: 'Usage', description: 'Where tokens went: the layer x expert matrix, cut by segment or release.' });

const confidenceSchema = z
  .object({
    mean: figure('Mean of the largest gate weight of a decision, 0 to 1.'),
    p10: figure('10th percentile.'),
    p50: figure('Median.'),
    p90: figure('90th percentile.'),
    resolution: figure('Largest error of these, from the width of the histogram bins.'),
  })
  .meta({ id: 'GateConfidence' });

const balanceLayerSchema = z
  .object({
    layer: count('Layer, from 0.'),
    tokens: count('Tokens routed in this layer.'),
    entropyBits: figure('Entropy of expert use in bits, Miller-Madow corrected on n/designEffect selections.'),
    uncorrectedEntropyBits: figure('Plug-in estimate of the same, bits.'),
    entropyInterval: intervalSchema.nullable().describe('Bits; delta method, clustered by request. null with fewer than two requests.'),
    designEffect: figure('How many times larger the variance is than with independent selections (Rao & Scott 1981).').nullable(),
    effectiveExperts: figure('2^entropyBits: as many experts used alike would give this entropy.'),
    normalisedEntropy: figure('entropyBits / log2 E, 0 to 1.'),
    maxViolation: figure('MaxVio: (largest load - mean load) / mean load; 0 is even.').nullable(),
    coefficientOfVariation: figure('Standard deviation of loads over their mean; 0 is even.').nullable(),
    balancedness: figure('Mean load over largest load; 1 is even.').nullable(),
    gini: figure('Gini coefficient of loads; 0 is even.').nullable(),
    utilisation: z.array(z.number()).describe('Load of each expert over the equal load; 1 is its fair share, 0 is dead.'),
    deadExperts: z.array(z.int()).describe('Experts that got no token in the window.'),
    gateConfidence: confidenceSchema.nullable(),
  })
  .meta({ id: 'BalanceLayer' });

export const balanceQuery = z.object({ ...usageFilter, layer: layerFilter });
export const balanceSchema = z
  .object({ ...shape, requests: count('Requests counted.').optional(), withheld: withheldSchema.optional(), layers: z.array(balanceLayerSchema).optional() })
  .meta({ id: 'Balance', description: 'How evenly each layer uses its experts.' });

export const coActivationQuery = z.object({ ...usageFilter, layer: layerFilter.unwrap().describe('Layer, from 0.') });
export const coActivationSchema = z
  .object({
    ...shape,
    layer: count('Layer, from 0.'),
    withheld: withheldSchema.optional(),
    matrix: z
      .array(z.array(z.number()).nullable())
      .optional()
      .describe('[i][j]: share of the tokens of expert i that expert j got as well; 1 on the diagonal; null for an expert without tokens.'),
  })
  .meta({ id: 'CoActivation' });

const mutualInformationSchema = z
  .object({
    bits: figure('Bias-corrected mutual information of segment and expert, bits.'),
    uncorrectedBits: figure('Plug-in estimate, bits.'),
    biasBits: figure('First-order bias that was taken off, bits.'),
    interval: intervalSchema.nullable().describe('Bits; delta method, clustered by request.'),
  })
  .meta({ id: 'MutualInformation' });

const informationLayerSchema = z
  .object({
    layer: count('Layer, from 0.'),
    equalWeights: mutualInformationSchema.describe('Every segment counts alike: how far segments differ, whatever their traffic.'),
    pooled: mutualInformationSchema.describe('Segments count by their selections: how much the segment tells of the expert of a selection picked at random.'),
    segments: z
      .array(z.object({ segment: z.string(), distanceBits: figure('Jensen-Shannon divergence from the equally weighted mean of all segments, bits, 0 to 1.') }))
      .describe('How far the use of experts in each segment is from the mean.'),
  })
  .meta({ id: 'InformationLayer' });

export const informationQuery = z.object({ ...usageFilter, layer: layerFilter, by: segmentDimension.default('task').describe('The segments to compare.') });
export const informationSchema = z
  .object({
    ...shape,
    by: segmentDimension,
    segments: z.array(z.string()).describe('Segments compared.'),
    withheldSegments: count('Segments left out because too few requests stand behind them.'),
    minRequests: count('The limit for that.'),
    layers: z.array(informationLayerSchema),
  })
  .meta({ id: 'Information', description: 'How much a segment tells about the expert, by layer. 0 bits: nothing.' });

export const timelineQuery = z.object({ ...usageFilter, layer: layerFilter, step: z.enum(['minute', 'hour'], 'give minute or hour').default('hour').describe('Width of a bucket.') });
const timelineBucketSchema = z
  .object({
    at: z.iso.datetime().describe('Start of the bucket.'),
    requests: count('Requests counted.').optional(),
    tokens: count('Tokens routed, each counted once whatever the number of layers.').optional(),
    withheld: withheldSchema.optional(),
    layers: z
      .array(z.object({ layer: z.int(), entropyBits: figure('As in the balance report, bits.'), interval: intervalSchema.nullable(), maxViolation: figure('As in the balance report.').nullable(), share: z.array(z.number()).describe('Load of each expert over the sum of loads.') }))
      .optional(),
  })
  .meta({ id: 'TimelineBucket' });
export const timelineSchema = z
  .object({ ...shape, step: z.enum(['minute', 'hour']), buckets: z.array(timelineBucketSchema).describe('Buckets with traffic, oldest first; at most 1,500.') })
  .meta({ id: 'Timeline' });

const quantile = (name: string) => figure(`${name} latency of one run of the expert, milliseconds, within 1 %.`).nullable();
const expertSchema = z
  .object({
    layer: z.int(),
    expert: z.int(),
    tokens: count('Tokens that the expert computed in the window.'),
    runs: count('Times it ran in the window. A run is one call of the expert in one step of the engine: it computes all tokens of the running requests that chose this expert in that step.'),
    latencyMs: z.object({ p50: quantile('Median'), p95: quantile('95th percentile'), p99: quantile('99th percentile') }),
    weightBytes: count('Bytes of its weights as stored; the engine may hold them in another precision.').nullable(),
  })
  .meta({ id: 'ExpertFigures' });
export const expertsQuery = z.object({ model: usageFilter.model, release: usageFilter.release, from: usageFilter.from, to: usageFilter.to, layer: layerFilter });
export const expertsSchema = z
  .object({ model: z.string(), release: sha256, window: windowSchema, experts: z.array(expertSchema) })
  .meta({ id: 'Experts' });
