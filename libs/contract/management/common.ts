import { z } from 'zod';

/** Longest page of a list. */
export const MAX_PAGE = 200;

export const count = (description: string) => z.int().min(0).describe(description);
export const figure = (description: string) => z.number().describe(description);

export const problemSchema = z
  .object({
    type: z.string().describe('A URN that names the kind of problem.'),
    status: z.int(),
    code: z.string().describe('Stable and machine-readable, such as release_not_found.'),
    title: z.string(),
    detail: z.string().describe('What is wrong here, and the remedy.'),
    field: z.string().optional().describe('The field of the request that is wrong.'),
  })
  .meta({ id: 'Problem', description: 'RFC 9457 problem details.' });

export const instant = z.iso.datetime({ offset: true, error: 'give a time as in 2026-01-31T12:00:00Z' });
export const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'give 64 lower-case hexadecimal digits');
export const modelName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._:/-]{0,127}$/, 'give 1 to 128 letters, digits or . _ : / -, starting with a letter or digit');
export const segmentLabel = z.string().max(256, 'give at most 256 characters');

export const segmentSchema = z
  .object({
    tenant: segmentLabel.describe('Empty where the request named none.'),
    task: segmentLabel.describe('Empty where the request named none.'),
    language: segmentLabel.describe('Empty where the request named none.'),
  })
  .meta({ id: 'Segment', description: "Labels from a request's metadata." });

export const segmentDimension = z.enum(['tenant', 'task', 'language'], 'give tenant, task or language');

export const intervalSchema = z
  .object({
    low: figure('Lower end, in the unit of the value it belongs to.'),
    high: figure('Upper end, in the unit of the value it belongs to.'),
    level: figure('Confidence level, such as 0.95. Requests are taken as the independent units, not tokens.'),
  })
  .meta({ id: 'Interval' });

export const withheldSchema = z
  .object({
    reason: z.literal('fewer_than_min_requests'),
    minRequests: count('Aggregates over fewer requests than this are not shown (SIGNALBOX_MIN_REQUESTS).'),
  })
  .meta({ id: 'Withheld', description: 'Present in place of the figures, because too few requests stand behind them.' });

export const windowSchema = z
  .object({
    from: instant.describe('Inclusive; start of a minute.'),
    to: instant.describe('Exclusive; start of a minute.'),
  })
  .meta({ id: 'Window', description: 'The time range that was read. Usage is kept by minute of admission.' });

/** What cuts the recorded usage: which releases, when, which segment. */
export const usageFilter = {
  model: modelName.optional().describe('Served name; all its releases together. Needed unless there is only one model or a release is given.'),
  release: sha256.optional().describe('Release id; instead of model.'),
  from: instant.optional().describe('Start, inclusive, floored to the minute. 24 hours before `to` when left out.'),
  to: instant.optional().describe('End, exclusive, raised to the next full minute. Now when left out.'),
  tenant: segmentLabel.optional().describe('Only requests with this `metadata.tenant`.'),
  task: segmentLabel.optional().describe('Only requests with this `metadata.task`.'),
  language: segmentLabel.optional().describe('Only requests with this `metadata.language`.'),
};

export const layerFilter = z.coerce.number('give a layer number from 0').int().min(0, 'give a layer number from 0').max(65_535).optional().describe('Only this layer, from 0.');

export const pageQuery = {
  cursor: z.string().max(512).optional().describe('`nextCursor` of the page before.'),
  limit: z.coerce
    .number(`give a whole number from 1 to ${MAX_PAGE}`)
    .int(`give a whole number from 1 to ${MAX_PAGE}`)
    .min(1, `give a whole number from 1 to ${MAX_PAGE}`)
    .max(MAX_PAGE, `give a whole number from 1 to ${MAX_PAGE}`)
    .default(50)
    .describe(`Items per page, at most ${MAX_PAGE}.`),
};

export function pageOf<T extends z.ZodType>(item: T, id: string) {
  return z.object({ items: z.array(item), nextCursor: z.string().nullable().describe('null on the last page.') }).meta({ id });
}
