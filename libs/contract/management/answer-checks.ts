import { z } from 'zod';
import { count, figure, instant, sha256, usageFilter, windowSchema, withheldSchema } from './common.ts';

export const answerChecksQuery = z.object({
  model: usageFilter.model,
  release: usageFilter.release,
  from: usageFilter.from,
  to: usageFilter.to,
  tenant: usageFilter.tenant,
  schema: sha256.optional().describe('Only answers to this schema, by its digest.'),
  step: z.enum(['hour', 'day'], 'give hour or day').default('hour').describe('Width of a bucket.'),
});

const counted = {
  requests: count('Requests that asked for a response format and were answered.').optional(),
  valid: count('Answers that kept to it. A request has as many as `n` asked for.').optional(),
  invalid: count('Answers that were complete and did not: possible only where a keyword was left to the check afterwards (strict: false).').optional(),
  incomplete: count('Answers that ended before their value did.').optional(),
  validShare: figure('valid over all of them, 0 to 1.').optional(),
  withheld: withheldSchema.optional(),
};

export const answerChecksSchema = z
  .object({
    model: z.string(),
    window: windowSchema,
    step: z.enum(['hour', 'day']),
    releases: z
      .array(
        z
          .object({
            release: sha256,
            total: z.object(counted).describe('Over the window.'),
            buckets: z.array(z.object({ at: instant.describe('Start of the bucket.'), ...counted }).meta({ id: 'AnswerCheckBucket' })).describe('Buckets with answers, oldest first.'),
          })
          .meta({ id: 'ReleaseAnswerChecks' }),
      )
      .describe('Releases with answers.'),
  })
  .meta({ id: 'AnswerChecks', description: 'How answers kept to the response formats that requests asked for, by release and time of admission.' });
