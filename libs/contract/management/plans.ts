import { z } from 'zod';
import { count, figure, sha256, usageFilter, windowSchema, withheldSchema } from './common.ts';

/** Devices in a plan. */
const MAX_DEVICES = 4096;
const MAX_EXTRA_COPIES = 256;
/** Requests whose traces a forecast reads. */
export const MAX_FORECAST_REQUESTS = 500;
const MAX_FACTORS = 16;

const whole = (least: number, most: number) => {
  const remedy = `give a whole number from ${least} to ${most}`;
  return z.coerce.number(remedy).int(remedy).min(least, remedy).max(most, remedy);
};

export const placementQuery = z.object({
  ...usageFilter,
  devices: whole(1, MAX_DEVICES).describe('Devices that share the experts of every layer.'),
  deviceBytes: whole(1, Number.MAX_SAFE_INTEGER).optional().describe('Memory for experts on each device, bytes. Left out: enough for anything.'),
  extraCopies: whole(0, MAX_EXTRA_COPIES).default(0).describe('Copies of experts beyond the first, at most, in each layer.'),
});

const imbalance = z
  .object({ overall: figure('Of the whole time.'), worstHour: figure('Of the hour in which it is largest.') })
  .describe('Tokens of the busiest device over the mean of all devices; 1 is even. A step waits for its busiest device.');

export const placementSchema = z
  .object({
    model: z.string(),
    releases: z.array(sha256).describe('Releases whose traffic was added up.'),
    release: sha256.describe('Release whose experts are placed.'),
    window: windowSchema,
    requests: count('Requests counted.').optional(),
    withheld: withheldSchema.optional(),
    fits: z.boolean().optional().describe('Whether the experts go into the memory given. Absent when withheld.'),
    neededBytes: count('Bytes of one copy of every expert.').optional(),
    deviceBytes: z.array(z.int()).optional().describe('Bytes on each device under the plan.'),
    layers: z
      .array(
        z.object({
          layer: count('Layer, from 0.'),
          imbalance: imbalance,
          inBlocks: imbalance.describe('The same with experts dealt out in blocks of neighbours, as engines do unless told otherwise.'),
          copied: z.array(z.object({ expert: count('Expert, from 0.'), copies: count('Copies, 2 or more.') })).describe('Experts with more than one copy.'),
          devices: z.array(z.array(z.int())).describe('By expert, the devices that hold it; its tokens are shared out evenly.'),
        }),
      )
      .optional(),
  })
  .meta({ id: 'PlacementPlan', description: 'Which experts to copy and where to put them, from recorded traffic.' });

export const overflowQuery = z.object({
  ...usageFilter,
  factors: z
    .string()
    .regex(/^\d{1,3}(\.\d{1,3})?(,\d{1,3}(\.\d{1,3})?)*$/, 'give capacity factors such as 1,1.25,2')
    .transform((text) => [...new Set(text.split(',').map(Number))].toSorted((a, b) => a - b))
    .refine((factors) => factors.length <= MAX_FACTORS && factors.every((factor) => factor > 0), `give at most ${MAX_FACTORS} factors above 0`)
    .default([1, 1.25, 1.5, 2, 3, 4])
    .describe('Capacity factors: multiples of an even share. 1,1.25,1.5,2,3,4 when left out.'),
  requests: whole(1, MAX_FORECAST_REQUESTS).default(200).describe(`Newest answered requests to look at, at most ${MAX_FORECAST_REQUESTS}.`),
});

export const overflowSchema = z
  .object({
    model: z.string(),
    releases: z.array(sha256),
    window: windowSchema,
    requests: count('Requests looked at; fewer than asked for where there are fewer, or where their traces are long.').optional(),
    withheld: withheldSchema.optional(),
    factors: z
      .array(
        z.object({
          factor: figure('Capacity factor.'),
          droppedShare: figure('Selections that would be dropped, over all.'),
          lostGateShare: figure('Gate weight of those, over all.'),
          worstLayer: z.object({ layer: count('Layer, from 0.'), droppedShare: figure('The same of the layer in which it is largest.') }),
        }),
      )
      .optional()
      .describe('Capacity of scope `request` with the policy `drop`. What a drop changes in later layers is not seen.'),
  })
  .meta({ id: 'OverflowForecast', description: 'What capacity factors would have dropped of recorded requests.' });
