import { z } from 'zod';
import { count, figure, instant, intervalSchema, layerFilter, modelName, pageOf, pageQuery, sha256, windowSchema, withheldSchema } from './common.ts';

/** Feedback in one batch. */
export const MAX_FEEDBACK_BATCH = 100;
/** Experts that a quality report names in each release. */
export const MAX_QUALITY_EXPERTS = 500;

const label = z.string().min(1).max(64, 'give at most 64 characters');
const SCORE = 'give a number from 0 to 1';
const kind = z.enum(['user', 'program'], 'give user or program');
const tenant = z.string().max(256).optional().describe('Only on requests with this `metadata.tenant`.');
const timeFilter = {
  from: instant.optional().describe('Start, inclusive.'),
  to: instant.optional().describe('End, exclusive.'),
};

export const feedbackBody = z
  .strictObject({
    requestId: z.uuid('give the x-request-id of the answer').toLowerCase(),
    score: z.number(SCORE).min(0, SCORE).max(1, SCORE).optional().describe('0 for bad, 1 for good.'),
    label: label.optional().describe('A word by which feedback is told apart, such as `wrong-language`.'),
    comment: z.string().min(1).max(2000, 'give at most 2,000 characters').optional().describe('For people; nothing computes with it.'),
    kind: kind.default('user').describe('Whether a person or a program judged.'),
    source: z.string().max(64, 'give at most 64 characters').default('').describe('Who or what judged, such as `judge-v2`, where one account speaks for several. Left out: the account itself.'),
  })
  .refine(({ score, label: word, comment }) => score !== undefined || word !== undefined || comment !== undefined, { path: ['score'], message: 'give a score, a label or a comment' })
  .meta({ id: 'FeedbackRequest' });

export const feedbackBatchBody = z
  .strictObject({ items: z.array(feedbackBody).min(1, 'give at least one').max(MAX_FEEDBACK_BATCH, `give at most ${MAX_FEEDBACK_BATCH}`) })
  .meta({ id: 'FeedbackBatchRequest' });

export const feedbackSchema = z
  .object({
    id: z.uuid(),
    requestId: z.uuid(),
    tenant: z.string().describe('Of the request; empty where it named none.'),
    score: z.number().nullable().describe('0 for bad, 1 for good.'),
    label: z.string().nullable(),
    comment: z.string().nullable(),
    kind,
    source: z.string().describe('Whom or what the account spoke for; empty for itself.'),
    givenBy: z.string().describe('Account.'),
    at: instant,
  })
  .meta({ id: 'Feedback' });

export const feedbackBatchSchema = z
  .object({
    results: z
      .array(
        z.object({
          requestId: z.uuid(),
          outcome: z.enum(['kept', 'request_not_found', 'feedback_given']),
          feedback: feedbackSchema.nullable().describe('null unless it was kept.'),
        }),
      )
      .describe('In the order of the items.'),
    kept: count('Items that were kept.'),
  })
  .meta({ id: 'FeedbackBatch' });

const filters = {
  tenant,
  requestId: z.uuid('give the x-request-id of the answer').toLowerCase().optional().describe('Only on this request.'),
  release: sha256.optional().describe('Only on requests that this release answered. Known about a minute after feedback was given.'),
  label: label.optional().describe('Only with this label.'),
  kind: kind.optional().describe('Only by people, or by programs.'),
  ...timeFilter,
};

export const feedbackQuery = z.object({ ...filters, ...pageQuery });
export const feedbackListSchema = pageOf(feedbackSchema, 'FeedbackList');

export const feedbackSummaryQuery = z.object(filters);
export const feedbackSummarySchema = z
  .object({
    withheld: withheldSchema.optional(),
    requests: count('Different requests that feedback was given on.').optional(),
    feedback: count('All of it.').optional(),
    scored: count('With a score.').optional(),
    meanScore: figure('Mean of the scores; null without one.').nullable().optional(),
    scoreInterval: intervalSchema.nullable().optional().describe('Of the mean score, scores taken as independent; null with fewer than two.'),
    labels: z.array(z.object({ label: z.string(), requests: count('Different requests.'), feedback: count('Times given.') })).optional().describe('The most frequent, at most 20; those on too few requests are left out.'),
  })
  .meta({ id: 'FeedbackSummary' });

export const qualityQuery = z.object({
  model: modelName.optional().describe('Served name. Needed unless there is only one model or a release is given.'),
  release: sha256.optional().describe('Release id; left out: the one that answers for the model.'),
  from: instant.optional().describe('Start of the time of the requests, inclusive. 30 days before `to` when left out.'),
  to: instant.optional().describe('End of the time of the requests, exclusive. Now when left out.'),
  layer: layerFilter,
  tenant,
});

export const qualitySchema = z
  .object({
    model: z.string(),
    releaseId: sha256,
    window: windowSchema,
    withheld: withheldSchema.optional(),
    requests: count('Scored requests that it is of; at most the newest 5,000.').optional(),
    meanScore: figure('Mean of their scores, 0 to 1.').optional(),
    experts: z
      .array(
        z.object({
          layer: count('Layer, from 0.'),
          expert: count('Expert of the layer, from 0.'),
          tokenShare: figure('Mean share of the tokens of a request that it served.'),
          score: figure('Mean score, each request weighted by the share of its tokens that the expert served.'),
          restScore: figure('The same, weighted by the share that it did not serve.').nullable(),
          lost: figure('`restScore` less `score`: above 0 where requests on this expert were liked less.').nullable(),
          interval: intervalSchema.nullable().describe('Of `lost`.'),
          eValue: figure('Against the expert being as good as the rest, over all requests of the release since feedback on it began; null before there is a test. It may be looked at at any time. Not told to a caller who asks for one tenant.').nullable(),
        }),
      )
      .optional()
      .describe(`Experts that served any of them, most lost first; at most ${MAX_QUALITY_EXPERTS}.`),
  })
  .meta({ id: 'Quality' });
