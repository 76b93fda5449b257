import { type RouteOutput } from '#libs/contract/management/route';
import { type ROUTES } from '#libs/contract/management/routes';
import { type StoredOverride, type StoredProtection } from '#libs/store/protection/protection-rows';

type Protected = RouteOutput<typeof ROUTES.getProtectedExpert>;
type Override = RouteOutput<typeof ROUTES.reviewProtectionOverride>;

export function protectedBody({ model, layer, expert, reason, evidence, by, byName, atMs, version }: StoredProtection): Protected {
  return { model, layer, expert, reason, evidence: evidenceBody(evidence), protectedAt: new Date(atMs).toISOString(), protectedBy: by, protectedByName: byName, version };
}

/** For the audit log. */
export function auditedProtection({ layer, expert, reason, evidence }: StoredProtection): unknown {
  return { expert: `expert/${layer}/${expert}`, reason, evidence };
}

export function overrideBody({ id, model, act, takings, reason, evidence, changeId, atMs, by, byName, reviewDueMs, review }: StoredOverride, nowMs: number): Override {
  return {
    id, model, act, reason, changeId, by, byName,
    takings: takings.map(({ layer, expert, reason: why, act: how, by: what }) => ({ layer, expert, reason: why, act: how, by: what })),
    evidence: evidenceBody(evidence),
    at: new Date(atMs).toISOString(),
    reviewDueAt: reviewDueMs === null ? null : new Date(reviewDueMs).toISOString(),
    isOverdue: reviewDueMs !== null && review === null && reviewDueMs <= nowMs,
    review: review && { at: new Date(review.atMs).toISOString(), by: review.by, byName: review.byName, verdict: review.verdict, note: review.note },
  };
}

function evidenceBody(evidence: StoredProtection['evidence']): Protected['evidence'] {
  return evidence && { evaluationId: evidence.evaluationId, resultSha256: evidence.resultDigest };
}
