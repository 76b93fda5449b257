import { type FeedbackStore } from '#libs/store/feedback/feedback';
import { type FeedbackRouting } from '#libs/store/feedback/feedback-routing';

export const FEEDBACK_STORE = Symbol('FeedbackStore');
export type FeedbackStorePort = Pick<FeedbackStore, 'transaction' | 'tenantsOf' | 'insert' | 'list' | 'summary'>;

/** Scores with the experts that served the requests; no trace is opened for it. */
export const FEEDBACK_ROUTING = Symbol('FeedbackRouting');
export type FeedbackRoutingPort = Pick<FeedbackRouting, 'scored' | 'test'>;
