import { z } from 'zod';
import { count, figure, instant, intervalSchema, layerFilter, segmentLabel, sha256, usageFilter, windowSchema, withheldSchema } from './common.ts';

export const comparisonQuery = z.object({
  ...usageFilter,
  layer: layerFilter,
  other: z
    .enum(['filter', 'baseline'], 'give filter or baseline')
    .default('filter')
    .describe('What it is compared with: what the `other` fields name, or the traffic of the baseline in force (its release and time; labels as the `other` fields say).'),
  otherRelease: sha256.optional().describe('Release of the other side; all of the model when left out. Not with other=baseline.'),
  otherFrom: instant.optional().describe('Start of the other side, inclusive. As `from` when both ends are left out. Not with other=baseline.'),
  otherTo: instant.optional().describe('End of the other side, exclusive. Not with other=baseline.'),
  otherTenant: segmentLabel.optional().describe('On the other side only requests with this `metadata.tenant`.'),
  otherTask: segmentLabel.optional().describe('On the other side only requests with this `metadata.task`.'),
  otherLanguage: segmentLabel.optional().describe('On the other side only requests with this `metadata.language`.'),
});

const sideSchema = z
  .object({
    releases: z.array(sha256).describe('Releases that the figures add up.'),
    window: windowSchema,
    tenant: z.string().optional(),
    task: z.string().optional(),
    language: z.string().optional(),
    baselineId: z.uuid().nullable().describe('The baseline whose traffic this is.'),
    requests: count('Requests counted.').optional(),
    withheld: withheldSchema.optional(),
  })
  .meta({ id: 'ComparedSide', description: 'Requests of one side of a comparison.' });

const comparedLayerSchema = z
  .object({
    layer: count('Layer, from 0.'),
    divergenceBits: figure('Jensen-Shannon divergence of expert use on both sides, bits, 0 (the same) to 1 (no expert in common); less the bias that noise adds.'),
    uncorrectedBits: figure('Plug-in estimate of the same, bits.'),
    biasBits: figure('First-order bias that was taken off, bits.'),
    interval: intervalSchema.nullable().describe('Bits; delta method, clustered by request. null with fewer than two requests on a side. Requests on both sides count as independent, which makes it too wide.'),
    share: z.array(z.number()).describe('Load of each expert over the sum of loads.'),
    otherShare: z.array(z.number()).describe('The same of the other side.'),
    ratio: z.array(z.number().nullable()).describe('share / otherShare of each expert; null where the other side never selected it.'),
  })
  .meta({ id: 'ComparedLayer' });

export const comparisonSchema = z
  .object({
    model: z.string(),
    experts: count('Experts in each layer, E.'),
    topK: count('Experts selected for each token, k.'),
    one: sideSchema,
    other: sideSchema,
    layers: z.array(comparedLayerSchema).optional().describe('Layer by layer. Absent when a side is withheld.'),
  })
  .meta({ id: 'Comparison', description: 'How differently two sets of requests use the experts.' });
