import { Inject, Injectable } from '@nestjs/common';
import { type RouteOutput } from '#libs/contract/management/route';
import { type ROUTES } from '#libs/contract/management/routes';
import { approvalDigestOf, evidenceDigests } from '#libs/governance/change/change-digest';
import { type Approval } from '#libs/governance/change/change-request';
import { debtsOf } from '#libs/governance/change/decide-application';
import { standingOf } from '#libs/governance/change/decide-standing';
import { type Principal } from '#libs/platform/auth/scopes';
import { type StoredChange } from '#libs/store/changes/change-rows';
import { type ListedChange } from '#libs/store/changes/changes';
import { RELEASES, type ReleasesPort } from '../releases/releases-port.ts';
import { actorOf } from './change-desk.ts';
import { diffOf } from './change-diff.ts';
import { CHANGE_STATE, CHANGES, type ChangesPort, type ChangeStatePort } from './change-ports.ts';
import { changeNotFound } from './change-problems.ts';

export type ChangeBody = RouteOutput<typeof ROUTES.getChange>;
type ListedBody = RouteOutput<typeof ROUTES.listChanges>['items'][number];
type OwedBody = RouteOutput<typeof ROUTES.listReviewsOwed>['items'][number];

/** Shows change requests, judged as of now. */
@Injectable()
export class ChangeView {
  constructor(
    @Inject(CHANGES) private readonly changes: ChangesPort,
    @Inject(CHANGE_STATE) private readonly state: ChangeStatePort,
    @Inject(RELEASES) private readonly releases: Pick<ReleasesPort, 'find'>,
  ) {}

  /** @throws ProblemError 404 */
  async get(id: string, caller: Principal): Promise<ChangeBody> {
    const stored = await this.changes.find(id);
    if (!stored) throw changeNotFound();
    const { change } = stored;
    const facts = await this.state.read(null, change.payload, stored.approvals.map(({ account }) => account));
    const standing = standingOf(stored, actorOf(caller), facts);
    const [comments, events] = await Promise.all([this.changes.comments(id), this.changes.events(id)]);
    // What counted has counted, whatever moved since.
    const standings = new Map<string, string>([...standing.approvals.map(({ approval, standing: own }) => [approval.id, own] as const), ...(change.decision?.approvals ?? []).map((vote) => [vote, 'counted'] as const)]);
    return {
      ...listedBody(stored),
      reason: change.reason,
      change: { ...change.payload },
      base: { ...change.base },
      effect: { ...change.effect },
      changeDigest: change.digest,
      digest: approvalDigestOf(change.digest, evidenceDigests(stored.evidence)),
      involved: [...change.involved],
      issuers: [...change.issuers],
      supersedes: change.supersedes,
      diff: await diffOf(change, facts.plan, (releaseId) => this.releases.find(releaseId)),
      warnings: facts.plan.planned ? [...facts.plan.warnings] : [],
      evidence: stored.evidence.map(({ addedAtMs, removedAtMs, ...item }) => ({ ...item, addedAt: at(addedAtMs), removedAt: atOrNull(removedAtMs) })),
      votes: stored.approvals.map((vote) => voteBody(vote, standings.get(vote.id) ?? 'revoked')),
      blockers: standing.blockers.map((blocker) => ({ ...blocker })),
      policyVersion: facts.policy.version,
      comments: comments.map(({ atMs, ...comment }) => ({ ...comment, at: at(atMs) })),
      history: events.map(({ atMs, actor, event, fromState, toState, detail }) => ({ at: at(atMs), actor, event, fromState, toState, detail: { ...detail } })),
      breakGlass: glassBody(change.breakGlass),
      decision: change.decision && { policyVersion: change.decision.policyVersion, policies: [...change.decision.policies], approvals: [...change.decision.approvals], at: at(change.decision.atMs) },
      outcome: change.outcome && { ...change.outcome },
    };
  }
}

export function listedBody({ change, number, revision }: ListedChange): ListedBody {
  const { schedule } = change;
  return {
    id: change.id, number, revision, model: 'model' in change.payload ? change.payload.model : null, type: change.payload.type, class: change.class, state: change.state, title: change.title,
    author: { account: change.author.accountId, name: change.author.name }, createdAt: at(change.createdAtMs), updatedAt: at(change.updatedAtMs), submittedAt: atOrNull(change.submittedAtMs), expiresAt: at(change.expiresAtMs),
    schedule: schedule && { at: at(schedule.atMs), until: at(schedule.untilMs), by: schedule.by.accountId }, appliedAt: atOrNull(change.appliedAtMs), appliedBy: change.appliedBy,
  };
}

/** What the broken glass of a change still owes, one item for each debt. */
export function owedBodies(listed: ListedChange, nowMs: number): OwedBody[] {
  const { breakGlass } = listed.change;
  if (!breakGlass) return [];
  return debtsOf(listed.change, nowMs).map(({ kind, dueMs, overdue }) => ({
    change: listedBody(listed), kind, due: at(dueMs), overdue, brokenBy: breakGlass.by.accountId, reason: breakGlass.reason, verdict: breakGlass.review?.verdict ?? null,
  }));
}

function voteBody(vote: Approval, standing: string): ChangeBody['votes'][number] {
  const { id, verdict, account, accountName, issuedBy, roles, digest, changeDigest, comment, revokedReason } = vote;
  return { id, verdict, account, accountName, issuedBy, roles: [...roles], digest, changeDigest, comment, at: at(vote.atMs), expiresAt: at(vote.expiresAtMs), revokedAt: atOrNull(vote.revokedAtMs), revokedReason, standing };
}

function glassBody(glass: StoredChange['change']['breakGlass']): ChangeBody['breakGlass'] {
  if (!glass) return null;
  const { review } = glass;
  return {
    by: glass.by.accountId, byName: glass.by.name, reason: glass.reason, at: at(glass.atMs), until: at(glass.untilMs), reviewDue: at(glass.reviewDueMs),
    review: review && { by: review.by, byName: review.byName, verdict: review.verdict, note: review.note, at: at(review.atMs) },
  };
}

function at(ms: number): string {
  return new Date(ms).toISOString();
}

function atOrNull(ms: number | null): string | null {
  return ms === null ? null : at(ms);
}
