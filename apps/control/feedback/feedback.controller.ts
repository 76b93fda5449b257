import { randomUUID } from 'node:crypto';
import { Controller, Inject } from '@nestjs/common';
import { type RouteInput, type RouteOutput } from '#libs/contract/management/route';
import { ROUTES } from '#libs/contract/management/routes';
import { type Principal } from '#libs/platform/auth/scopes';
import { ProblemError } from '#libs/platform/errors/problem-error';
import { appendAudit } from '#libs/store/audit/audit-log';
import { type Feedback, type FeedbackStore } from '#libs/store/feedback/feedback';
import { auditOf } from '../http/audited.ts';
import { decodeCursor, page } from '../http/cursor.ts';
import { Caller, Endpoint, Input } from '../http/endpoint.ts';
import { CONTROL_SETTINGS, type ControlSettings } from '../settings.ts';

export const FEEDBACK_STORE = Symbol('FeedbackStore');
export type FeedbackStorePort = Pick<FeedbackStore, 'transaction' | 'tenantOf' | 'insert' | 'list'>;

type In<N extends keyof typeof ROUTES> = RouteInput<(typeof ROUTES)[N]>;
type Out<N extends keyof typeof ROUTES> = Promise<RouteOutput<(typeof ROUTES)[N]>>;

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

@Controller()
export class FeedbackController {
  constructor(
    @Inject(FEEDBACK_STORE) private readonly store: FeedbackStorePort,
    @Inject(CONTROL_SETTINGS) private readonly settings: ControlSettings,
  ) {}

  @Endpoint(ROUTES.createFeedback)
  async create(@Input() { body }: In<'createFeedback'>, @Caller() caller: Principal): Out<'createFeedback'> {
    const { requestId, score, label = null, comment = null } = body;
    const tenant = await this.store.tenantOf(requestId);
    // To a caller bound to a tenant, requests of others are not there.
    if (tenant === null || (caller.tenant !== null && tenant !== caller.tenant)) throw requestNotFound();
    const feedback: Feedback = { id: randomUUID(), requestId, tenant, score, label, comment, givenBy: caller.accountId, atMs: this.settings.now() };
    await this.store.transaction(async (manager) => {
      if (!(await this.store.insert(manager, feedback))) throw alreadyGiven();
      // Without the comment: the audit log holds no content.
      await appendAudit(manager, auditOf(caller, feedback.atMs, 'feedback.create', `request/${requestId}`, { feedbackId: feedback.id, score, label }));
    });
    return feedbackBody(feedback);
  }

  @Endpoint(ROUTES.listFeedback)
  async list(@Input() { query }: In<'listFeedback'>): Out<'listFeedback'> {
    const after = decodeCursor(query.cursor, ([atMs, id]) => (typeof atMs === 'number' && typeof id === 'string' && UUID.test(id) ? { atMs, id } : null));
    const { items, nextCursor } = page(await this.store.list(query.limit + 1, { tenant: query.tenant ?? null, after }), query.limit, ({ atMs, id }) => [atMs, id]);
    return { items: items.map(feedbackBody), nextCursor };
  }
}

function feedbackBody({ atMs, ...same }: Feedback): RouteOutput<typeof ROUTES.createFeedback> {
  return { ...same, at: new Date(atMs).toISOString() };
}

function requestNotFound(): ProblemError {
  return new ProblemError({
    status: 404, code: 'request_not_found', title: 'No such request', field: 'requestId',
    detail: 'Body field requestId: no such request is recorded. Give the x-request-id of the answer; recording takes about a second, so try again in a moment.',
  });
}

function alreadyGiven(): ProblemError {
  return new ProblemError({ status: 409, code: 'feedback_given', title: 'Given before', detail: 'Body field requestId: you have given feedback on this request before, and the first one counts.', field: 'requestId' });
}
