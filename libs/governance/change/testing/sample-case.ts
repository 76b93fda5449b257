import { type ReleaseManifest } from '#libs/release/manifest';
import { releaseIdOf } from '#libs/release/manifest-digest';
import { type ChangePayload, DEFAULT_LIMITS } from '../change-payload.ts';
import { type ChangePolicy } from '../change-policy.ts';
import { type Actor, type Evidence } from '../change-request.ts';
import { type StandingFacts } from '../decide-standing.ts';
import { planChange, type PlanFacts } from '../plan-change.ts';

export const START_MS = Date.parse('2026-06-01T00:00:00Z');
export const sha = (digit: string): string => digit.repeat(64);

/** One layer of two experts. */
export function sampleManifest(router = sha('1'), experts = [sha('2'), sha('3')], topK = 1): ReleaseManifest {
  return {
    format: 'signalbox.release/1', model: 'toy', architecture: 'mixtral',
    shape: {
      vocabSize: 16, hiddenSize: 4, layers: 1, experts: experts.length, expertWidth: 4, attentionHeads: 1, keyValueHeads: 1, headSize: 4, contextTokens: 32,
      rmsNormEpsilon: 1e-5, ropeTheta: 1e4, slidingWindowTokens: null, tiedHead: false, bosTokenId: null, eosTokenIds: [],
    },
    routing: { gating: 'softmax-topk', topK, normalise: true },
    components: { backbone: sha('c'), tokenizer: sha('d'), 'router/0': router, ...Object.fromEntries(experts.map((digest, index) => [`expert/0/${index}`, digest])) },
  };
}

export function sampleFacts(manifest: ReleaseManifest = sampleManifest(), more: Partial<PlanFacts> = {}): PlanFacts {
  return {
    stable: { releaseId: releaseIdOf(manifest), manifest }, release: null, cardRevision: null, mode: { mode: 'required', generation: 1 }, policyVersion: 0,
    components: new Map([[sha('4'), { kind: 'expert', isRecalled: false }], [sha('5'), { kind: 'router', isRecalled: false }], [sha('6'), { kind: 'expert', isRecalled: true }]]),
    dataRules: { generation: 1, rules: [] },
    knownExperts: { shapes: [{ layers: 1, experts: 2 }], versions: new Set([sha('2'), sha('3'), sha('4')]) }, guarded: [], ...more,
  };
}

export const REPLACE: ChangePayload = { type: 'replace-expert', model: 'toy', replace: [{ component: 'expert/0/1', sha256: sha('4') }], strategy: { kind: 'at-once' } };

/** Asks for a safety suite and for `needed` approvals by approvers; operators may break the glass. */
export function samplePolicy(needed = 1): ChangePolicy {
  const denied = (id: string, annotations: Record<string, string>) => ({ allowed: false, policies: [{ id, annotations }], errors: [] });
  return {
    version: 3,
    limits: DEFAULT_LIMITS,
    ask: ({ action, actor, change, context }) => {
      if (action === 'pre-authorise') return { allowed: change.type === 'recall', policies: [], errors: [] };
      if (action === 'break-glass' && !actor.roles.includes('operator')) return { allowed: false, policies: [], errors: [] };
      const isEmergency = change.class === 'emergency';
      if (['submit', 'apply'].includes(action) && change.type === 'replace-expert' && !isEmergency && !context.evidence.includes('safety-suite')) return denied('safety', { blocker: 'evidence-missing', evidence: 'safety-suite' });
      if (action === 'apply' && change.class === 'normal' && context.approvals.approver < needed) return denied('approvals', { blocker: 'approvals-missing' });
      if (action === 'apply' && context.frozen && !isEmergency) return denied('freeze', { blocker: 'frozen' });
      return { allowed: true, policies: [{ id: 'fine', annotations: {} }], errors: [] };
    },
  };
}

export function person(name: string, roles: readonly string[] = ['approver', 'operator'], issuedBy: string | null = null): Actor {
  return { accountId: `user:${name}`, name, kind: 'user', keyId: null, issuedBy, roles };
}

export function standingFacts(payload: ChangePayload = REPLACE, more: Partial<StandingFacts> & { readonly plan?: StandingFacts['plan'] } = {}): StandingFacts {
  return { nowMs: START_MS, policy: samplePolicy(), plan: planChange(payload, sampleFacts()), freezes: [], rolesNow: () => ['approver', 'operator'], protection: null, ...more };
}

export function sampleEvidence(id: string, kind: Evidence['kind'] = 'safety-suite', digest = sha('e')): Evidence {
  return { id, kind, sha256: digest, addedBy: 'user:author', removedAtMs: null };
}
