import { z } from 'zod';
import { instant, pageOf, pageQuery } from './common.ts';

const label = z.string().min(1).max(64, 'give at most 64 characters');

export const feedbackBody = z
  .strictObject({
    requestId: z.uuid('give the x-request-id of the answer'),
    score: z.number('give a number from 0 to 1').min(0, 'give a number from 0 to 1').max(1, 'give a number from 0 to 1').describe('0 for bad, 1 for good.'),
    label: label.optional().describe('A word by which scores are told apart, such as `wrong-language`.'),
    comment: z.string().min(1).max(2000, 'give at most 2,000 characters').optional().describe('For people; no guard reads it.'),
  })
  .meta({ id: 'FeedbackRequest' });

export const feedbackSchema = z
  .object({
    id: z.uuid(),
    requestId: z.uuid(),
    tenant: z.string().describe('Of the request; empty where it named none.'),
    score: z.number().describe('0 for bad, 1 for good.'),
    label: z.string().nullable(),
    comment: z.string().nullable(),
    givenBy: z.string().describe('Account.'),
    at: instant,
  })
  .meta({ id: 'Feedback' });

export const feedbackQuery = z.object({ tenant: z.string().max(256).optional().describe('Only on requests with this `metadata.tenant`.'), ...pageQuery });
export const feedbackListSchema = pageOf(feedbackSchema, 'FeedbackList');
