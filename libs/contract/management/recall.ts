import { z } from 'zod';
import { count, instant, modelName, pageOf, pageQuery, sha256 } from './common.ts';

export const recallParams = z.object({ sha256: sha256.describe('SHA-256 of the component version.') });
export const recallBody = z
  .strictObject({
    reason: z.string('say why').min(1, 'say why in a few words').max(1000, 'give at most 1000 characters').describe('Why it is withdrawn; kept with the version and in the audit log.'),
    force: z.boolean().default(false).describe('Stop a model for which nothing is left that may answer. Without it the recall is refused.'),
  })
  .meta({ id: 'RecallRequest' });

const recalled = z.object({ at: instant, by: z.string().describe('The account.'), reason: z.string() });
export const recalledSchema = z
  .object({
    sha256,
    recalled,
    models: z.array(
      z.object({
        model: modelName,
        outcome: z.enum(['stable-replaced', 'candidates-ended', 'way-back-closed', 'stopped']).describe('What became of the model.'),
        releaseId: sha256.nullable().describe('What answers now; null where the model was stopped.'),
        generation: count('Of the activation now; 0 where the model was stopped.'),
      }),
    ).describe('Models that named a release with it. Others are as they were.'),
  })
  .meta({ id: 'Recall' });

export const recallReportSchema = z
  .object({
    sha256,
    kind: z.string().describe('backbone, tokenizer, router or expert.'),
    recalled: recalled.nullable().describe('null where it was not recalled.'),
    releases: z.array(
      z.object({
        releaseId: sha256,
        model: modelName,
        createdAt: instant,
        components: z.array(z.string()).describe('Where the release has it, such as expert/3/5.'),
        requests: count('Recorded requests that it answered, within the retention of traces.'),
      }),
    ),
  })
  .meta({ id: 'RecallReport', description: 'Releases that hold a component version, newest first.' });

export const recallRequestsQuery = z.object(pageQuery);
export const recallRequestsSchema = pageOf(
  z.object({ requestId: z.uuid(), at: instant, releaseId: sha256, status: z.enum(['answered', 'cancelled', 'failed']) }).meta({ id: 'TouchedRequest' }),
  'TouchedRequests',
);
