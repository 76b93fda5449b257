import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { type RouteInput } from '#libs/contract/management/route';
import { type ROUTES } from '#libs/contract/management/routes';
import { type Principal } from '#libs/platform/auth/scopes';
import { appendAudit } from '#libs/store/audit/audit-log';
import { type Feedback } from '#libs/store/feedback/feedback';
import { auditOf } from '../http/audited.ts';
import { CONTROL_SETTINGS, type ControlSettings } from '../settings.ts';
import { FEEDBACK_STORE, type FeedbackStorePort } from './feedback-ports.ts';

export type GivenFeedback = RouteInput<(typeof ROUTES)['createFeedback']>['body'];

export type FeedbackOutcome =
  | { readonly outcome: 'kept'; readonly feedback: Feedback }
  | { readonly outcome: 'request_not_found' | 'feedback_given'; readonly feedback: null };

/** Takes feedback in. */
@Injectable()
export class FeedbackDesk {
  constructor(
    @Inject(FEEDBACK_STORE) private readonly store: FeedbackStorePort,
    @Inject(CONTROL_SETTINGS) private readonly settings: Pick<ControlSettings, 'now'>,
  ) {}

  /** What is kept, and an audit entry for each, in one transaction. Outcomes are in the order of the items. */
  async give(items: readonly GivenFeedback[], caller: Principal): Promise<readonly FeedbackOutcome[]> {
    const tenants = await this.store.tenantsOf([...new Set(items.map(({ requestId }) => requestId))]);
    const atMs = this.settings.now();
    return this.store.transaction(async (manager) => {
      const outcomes: FeedbackOutcome[] = [];
      for (const { requestId, score = null, label = null, comment = null, kind, source } of items) {
        const tenant = tenants.get(requestId);
        // To a caller bound to a tenant, requests of others are not there.
        if (tenant === undefined || (caller.tenant !== null && tenant !== caller.tenant)) {
          outcomes.push({ outcome: 'request_not_found', feedback: null });
          continue;
        }
        const feedback: Feedback = { id: randomUUID(), requestId, tenant, score, label, comment, kind, source, givenBy: caller.accountId, atMs };
        outcomes.push((await this.store.insert(manager, feedback)) ? { outcome: 'kept', feedback } : { outcome: 'feedback_given', feedback: null });
      }
      for (const { feedback } of outcomes) {
        if (!feedback) continue;
        const { id, requestId, score, label, kind, source } = feedback;
        // Without the comment: the audit log holds no content.
        await appendAudit(manager, auditOf(caller, atMs, 'feedback.create', `request/${requestId}`, { feedbackId: id, score, label, kind, ...(source === '' ? {} : { source }) }));
      }
      return outcomes;
    });
  }
}
