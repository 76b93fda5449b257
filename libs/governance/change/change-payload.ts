import { type ComponentName, type Sha256 } from '#libs/release/component';
import { type RoutingChange } from '#libs/release/compose-manifest';
import { type CanaryScope } from '../activation/activation-state.ts';
import { type DataRule } from '../data-rules/rule-set.ts';
import { type RolloutPlan } from '../rollout/plan.ts';
import { type GovernanceMode } from './activation-gate.ts';

/** Any JSON value that another part of the house defines and checks. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

/** How a new release comes to answer. */
export type Strategy =
  | { readonly kind: 'at-once' }
  | { readonly kind: 'canary'; readonly share: number; readonly stickyBy: 'key' | 'session' | 'request'; readonly scope: CanaryScope }
  /** A guarded rollout. */
  | { readonly kind: 'rollout'; readonly plan: Omit<RolloutPlan, 'model' | 'candidate'> };

/** One component of the release that answers, and the version that shall take its place. */
export interface Replacement {
  readonly component: ComponentName;
  readonly sha256: Sha256;
}

/** What a change request asks for. The engine can do each of these; docs/changes.md says how. */
export type ChangePayload =
  /** More experts in each layer need routers with more rows: a release of that shape, which was imported. */
  | { readonly type: 'add-expert'; readonly model: string; readonly releaseId: string; readonly strategy: Strategy }
  | { readonly type: 'replace-expert'; readonly model: string; readonly replace: readonly Replacement[]; readonly strategy: Strategy }
  /** The experts stay in the release, and a data rule keeps every request from them. */
  | { readonly type: 'retire-expert'; readonly model: string; readonly experts: readonly ComponentName[] }
  /** Another card: what the component is for and not for, its licence and so on. */
  | { readonly type: 'rescope-expert'; readonly model: string; readonly sha256: Sha256; readonly card: JsonObject }
  | { readonly type: 'change-router'; readonly model: string; readonly replace: readonly Replacement[]; readonly strategy: Strategy }
  | { readonly type: 'change-routing-settings'; readonly model: string; readonly settings: RoutingSettingsChange; readonly strategy: Strategy }
  | { readonly type: 'change-data-rules'; readonly model: string; readonly rules: readonly DataRule[] }
  | { readonly type: 'activate'; readonly model: string; readonly releaseId: string; readonly strategy: Strategy }
  | { readonly type: 'recall'; readonly model: string; readonly sha256: Sha256; readonly reason: string }
  | { readonly type: 'change-policy'; readonly policies: string; readonly limits: ChangeLimits }
  | { readonly type: 'set-governance'; readonly model: string; readonly mode: GovernanceMode };

/** Settings a request may name; null takes one out. Those that the engine cannot do yet are refused by their names. */
export type RoutingSettingsChange = RoutingChange & { readonly [other: string]: unknown };

export const SUPPORTED_SETTINGS: readonly string[] = ['gating', 'topK', 'normalise', 'fallback', 'selectionGroups', 'scale', 'noise', 'sharedExperts', 'selectionBias', 'capacity', 'quotas'];

/** Times that hold for all changes; part of the change policy. */
export interface ChangeLimits {
  /** An approval counts for this long. */
  readonly approvalHours: number;
  /** A request that did not end within this time expires. */
  readonly changeDays: number;
  /** A broken glass must be reviewed within this time, 24 to 48. */
  readonly reviewHours: number;
  /** The longest time an emergency change may stand without being confirmed. */
  readonly breakGlassHours: number;
}

export const DEFAULT_LIMITS: ChangeLimits = { approvalHours: 168, changeDays: 30, reviewHours: 48, breakGlassHours: 24 };

export const EVIDENCE_KINDS = [
  'evaluation', 'safety-suite', 'recalibration-check', 'routing-divergence', 'attribution', 'scope-card', 'data-protection', 'risk-assessment', 'incident', 'licence', 'other',
] as const;
export type EvidenceKind = (typeof EVIDENCE_KINDS)[number];

export function modelOf(payload: ChangePayload): string | null {
  return 'model' in payload ? payload.model : null;
}

export function strategyOf(payload: ChangePayload): Strategy['kind'] | null {
  return 'strategy' in payload ? payload.strategy.kind : null;
}
