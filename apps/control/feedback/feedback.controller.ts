import { Controller, Inject } from '@nestjs/common';
import { type RouteInput, type RouteOutput } from '#libs/contract/management/route';
import { ROUTES } from '#libs/contract/management/routes';
import { type Principal } from '#libs/platform/auth/scopes';
import { ProblemError } from '#libs/platform/errors/problem-error';
import { CONFIDENCE_95 } from '#libs/stats/entropy-estimate';
import { type Feedback, type FeedbackFilter, type FeedbackSummary } from '#libs/store/feedback/feedback';
import { decodeCursor, isInstantMs, isUuid, page } from '../http/cursor.ts';
import { Caller, Endpoint, Input } from '../http/endpoint.ts';
import { withhold } from '../routing/withhold.ts';
import { CONTROL_SETTINGS, type ControlSettings } from '../settings.ts';
import { FeedbackDesk } from './feedback-desk.ts';
import { FEEDBACK_STORE, type FeedbackStorePort } from './feedback-ports.ts';
import { QualityReports } from './quality-reports.ts';

type In<N extends keyof typeof ROUTES> = RouteInput<(typeof ROUTES)[N]>;
type Out<N extends keyof typeof ROUTES> = Promise<RouteOutput<(typeof ROUTES)[N]>>;

@Controller()
export class FeedbackController {
  constructor(
    private readonly desk: FeedbackDesk,
    private readonly reports: QualityReports,
    @Inject(FEEDBACK_STORE) private readonly store: FeedbackStorePort,
    @Inject(CONTROL_SETTINGS) private readonly settings: Pick<ControlSettings, 'minRequests'>,
  ) {}

  @Endpoint(ROUTES.createFeedback)
  async create(@Input() { body }: In<'createFeedback'>, @Caller() caller: Principal): Out<'createFeedback'> {
    const [given] = await this.desk.give([body], caller);
    if (given?.outcome === 'kept') return feedbackBody(given.feedback);
    throw given?.outcome === 'feedback_given' ? alreadyGiven() : requestNotFound();
  }

  @Endpoint(ROUTES.createFeedbackBatch)
  async createBatch(@Input() { body: { items } }: In<'createFeedbackBatch'>, @Caller() caller: Principal): Out<'createFeedbackBatch'> {
    const given = await this.desk.give(items, caller);
    const results = given.map(({ outcome, feedback }, at) => ({ requestId: items[at]?.requestId ?? '', outcome, feedback: feedback && feedbackBody(feedback) }));
    return { results, kept: given.filter(({ outcome }) => outcome === 'kept').length };
  }

  @Endpoint(ROUTES.listFeedback)
  async list(@Input() { query }: In<'listFeedback'>): Out<'listFeedback'> {
    const after = decodeCursor(query.cursor, ([atMs, id]) => (isInstantMs(atMs) && isUuid(id) ? { atMs, id } : null));
    const { items, nextCursor } = page(await this.store.list(query.limit + 1, filterOf(query), after), query.limit, ({ atMs, id }) => [atMs, id]);
    return { items: items.map(feedbackBody), nextCursor };
  }

  @Endpoint(ROUTES.getFeedbackSummary)
  async summary(@Input() { query }: In<'getFeedbackSummary'>): Out<'getFeedbackSummary'> {
    const found = await this.store.summary(filterOf(query), this.settings.minRequests);
    const withheld = withhold(found.requests, this.settings.minRequests);
    if (withheld) return { withheld };
    const { requests, feedback, scored, meanScore, labels } = found;
    return { requests, feedback, scored, meanScore, scoreInterval: scoreInterval(found), labels: [...labels] };
  }

  @Endpoint(ROUTES.getQuality)
  async quality(@Input() { query }: In<'getQuality'>): Out<'getQuality'> {
    return this.reports.quality(query);
  }
}

function filterOf({ from, to, release, ...same }: Omit<In<'listFeedback'>['query'], 'limit' | 'cursor'>): FeedbackFilter {
  const { tenant, requestId, label, kind } = same;
  return { tenant, requestId, label, kind, releaseId: release, fromMs: from === undefined ? undefined : Date.parse(from), toMs: to === undefined ? undefined : Date.parse(to) };
}

function scoreInterval({ meanScore, scored, scoreVariance }: FeedbackSummary) {
  if (meanScore === null || scoreVariance === null) return null;
  const half = CONFIDENCE_95.z * Math.sqrt(scoreVariance / scored);
  return { low: Math.max(0, meanScore - half), high: Math.min(1, meanScore + half), level: CONFIDENCE_95.level };
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
  return new ProblemError({
    status: 409, code: 'feedback_given', title: 'Given before', field: 'requestId',
    detail: 'Body field requestId: you have given feedback on this request before, and the first one counts. To speak for another source, name it in `source`.',
  });
}
