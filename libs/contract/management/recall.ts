import { z } from 'zod';
import { count, figure, instant, modelName, pageQuery, sha256 } from './common.ts';
import { protectionOverride } from './protection.ts';

export const recallParams = z.object({ sha256: sha256.describe('SHA-256 of the component version.') });
export const recallBody = z
  .strictObject({
    reason: z.string('say why').min(1, 'say why in a few words').max(1000, 'give at most 1000 characters').describe('Why it is withdrawn; kept with the version and in the audit log.'),
    force: z.boolean().default(false).describe('Stop a model for which nothing is left that may answer. Without it the recall is refused.'),
    override: protectionOverride.optional().describe('For a version that serves as a protected expert. Evidence is of the release that takes over.'),
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

export const recallRequestsQuery = z.object({
  ...pageQuery,
  selected: z.enum(['true', 'false'], 'give true or false').default('false').describe('Opens the traces, and lists only the requests of which a token was routed to the version. Needs the permission traces too.'),
});
const touched = { requestId: z.uuid(), at: instant, releaseId: sha256, status: z.enum(['answered', 'cancelled', 'failed']) };
export const recallRequestsSchema = z
  .object({
    items: z.array(
      z
        .object({
          ...touched,
          experts: z
            .array(z.object({ component: z.string().describe('Where the release has it, such as expert/3/5.'), tokens: count('Tokens that went there.'), gateMass: figure('Sum of their gates, each as recorded, in units of 1/255.') }))
            .nullable()
            .describe('What it got of the request; null where the basis is release.'),
        })
        .meta({ id: 'TouchedRequest' }),
    ),
    unreadable: z.array(z.object(touched)).describe('Requests of this page whose trace does not open: they may have touched it.'),
    nextCursor: z.string().nullable().describe('Where to go on, also after a page without items; null on the last page.'),
    basis: z.enum(['release', 'selection']).describe('selection: the traces say that the expert was selected. release: a release with the version answered, which is the whole answer for routers, backbone and tokenizer, as they take part in every request.'),
    looked: count('Requests that this page looked at: with basis selection, traces opened or tried.'),
    found: count('How many of them are items.'),
    unknown: count('Over the whole list, the same on each page: requests past the retention of traces. With basis selection, only those of hours in which usage counts tokens for the expert; none of the others touched it.'),
  })
  .meta({ id: 'TouchedRequests' });
