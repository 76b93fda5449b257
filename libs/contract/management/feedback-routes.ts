import {
  feedbackBatchBody, feedbackBatchSchema, feedbackBody, feedbackListSchema, feedbackQuery, feedbackSchema, feedbackSummaryQuery, feedbackSummarySchema, qualityQuery, qualitySchema,
} from './feedback.ts';
import { type Route } from './route.ts';

const feedback = { tag: 'feedback', tenancy: 'own', needs: 'feedback' } as const;
const EXAMPLE = { requestId: '0197280f-6000-7000-8000-000000000001', score: 1, label: 'helpful' };

/** What was said of answers, and what it says of releases and experts. */
export const feedbackRoutes = {
  createFeedback: {
    ...feedback, operationId: 'createFeedback', method: 'post', path: '/feedback', summary: 'Say how good an answer was',
    description: 'A score, a label, a comment, or more than one of them. Once for each request, account and source. Of a request that is recorded, which takes about a second after its answer.',
    body: feedbackBody, status: 201, response: feedbackSchema,
    problems: { 404: 'No such request is recorded, or not yet.', 409: 'You have given feedback on it before.' },
    example: { body: EXAMPLE },
  },
  createFeedbackBatch: {
    ...feedback, operationId: 'createFeedbackBatch', method: 'post', path: '/feedback/batch', summary: 'Say how good many answers were',
    description: 'Each item is kept or not by itself, and the answer says which. Those that are not kept change nothing.',
    body: feedbackBatchBody, status: 200, response: feedbackBatchSchema,
    example: { body: { items: [{ ...EXAMPLE, kind: 'program', source: 'judge-v2' }] } },
  },
  listFeedback: { ...feedback, operationId: 'listFeedback', method: 'get', path: '/feedback', summary: 'Feedback, newest first', query: feedbackQuery, status: 200, response: feedbackListSchema },
  getFeedbackSummary: {
    ...feedback, operationId: 'getFeedbackSummary', method: 'get', path: '/feedback/summary', summary: 'What feedback adds up to',
    query: feedbackSummaryQuery, status: 200, response: feedbackSummarySchema,
  },
  getQuality: {
    tag: 'feedback', tenancy: 'own', needs: 'read', operationId: 'getQuality', method: 'get', path: '/quality', summary: 'How answers were liked, by expert that served them',
    description: 'Scores of requests joined with the experts that their tokens went to. A difference is a lead, not a cause: an expert serves some kinds of requests more than others.',
    query: qualityQuery, status: 200, response: qualitySchema, problems: { 404: 'No such model or release.' },
    example: { query: { layer: '0' } },
  },
} as const satisfies Record<string, Route>;
