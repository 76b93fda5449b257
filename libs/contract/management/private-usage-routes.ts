import { z } from 'zod';
import { count, figure, layerFilter, modelName, segmentLabel, sha256 } from './common.ts';
import { type Route } from './route.ts';

const day = z.string().regex(/^\d{4}-\d{2}-\d{2}$/, 'give a day such as 2026-11-22').refine((text) => !Number.isNaN(Date.parse(text)), 'give a day that there is');

const privateUsageSchema = z
  .object({
    model: z.string(),
    releases: z.array(sha256).describe('Releases that the figures add up.'),
    from: z.string().describe('First day, UTC.'),
    to: z.string().describe('Last day, UTC.'),
    layers: z.array(
      z.object({
        layer: count('Layer, from 0.'),
        load: z.array(z.int()).describe('Selections of each expert with noise; may be negative.'),
        share: z.array(z.number()).describe('Shares of those loads, negative ones taken as 0.'),
      }),
    ),
    epsilon: figure('Privacy loss of this answer for each request.'),
    budget: figure('Privacy loss of all answers about one day of a model, at most.'),
    noiseScale: figure('Scale of the discrete Laplace noise on each load, in selections: half of the noises are below about 0.7 of it.'),
    sensitivity: count('Selections by which one request can change the sum of all loads here.'),
  })
  .meta({ id: 'PrivateUsage', description: 'Usage shares with differential privacy.' });

/** Statistics that tell nothing of single requests. One budget for all, so callers bound to a tenant could spend what others need: they get none. */
export const privateUsageRoutes = {
  getPrivateUsage: {
    operationId: 'getPrivateUsage', method: 'get', path: '/private-usage', tag: 'routing', needs: 'statistics', tenancy: 'none',
    summary: 'Usage shares with differential privacy',
    description: 'Loads of whole UTC days that have ended, with noise that hides any one request, and their shares. The same question about the same data has the same answer and costs nothing again; each other answer spends epsilon of the budget of each of its days.',
    query: z.object({
      model: modelName.describe('Served name; all its releases together.'),
      from: day.describe('First day, UTC.'),
      to: day.describe('Last day, UTC, before today; at most 31 days.'),
      tenant: segmentLabel.optional().describe('Only requests with this `metadata.tenant`.'),
      task: segmentLabel.optional().describe('Only requests with this `metadata.task`.'),
      language: segmentLabel.optional().describe('Only requests with this `metadata.language`.'),
      layer: layerFilter,
    }),
    status: 200, response: privateUsageSchema,
    problems: { 404: 'No such model, or private statistics are off.', 409: 'The budget of a day is spent, or the releases of the model differ in shape.' },
    example: { query: { model: 'tiny-mixtral', from: '2026-01-01', to: '2026-01-07' } },
  },
} as const satisfies Record<string, Route>;
