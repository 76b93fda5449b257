import { type Permission } from '../access/permissions.ts';
import { concerning, expertsLeft, type QuarantinedExpert, type QuarantineShape } from './quarantine.ts';

/** Needed, besides `operate`, to leave a layer with fewer experts than each token selects. */
export const FORCE_PERMISSION: Permission = 'administer';
/** Longest time that a quarantine may end by itself after. */
export const MAX_QUARANTINE_MS = 366 * 24 * 3_600_000;
/** In force at once for a model. */
export const MAX_QUARANTINES = 10_000;

export interface QuarantineWish extends QuarantinedExpert {
  /** When it ends by itself, epoch milliseconds; null: when it is lifted. */
  readonly untilMs: number | null;
  /** Even where a layer is left with fewer experts than each token selects. */
  readonly force: boolean;
}

export interface QuarantineFacts {
  readonly nowMs: number;
  /** The releases that may serve: those that the activation names, or the one that was asked for. */
  readonly releases: readonly QuarantineShape[];
  /** All that holds for the model now. */
  readonly inForce: readonly QuarantinedExpert[];
  readonly permissions: readonly Permission[];
}

/** A layer that is left with fewer experts than each token selects. */
export interface ThinLayer {
  readonly releaseId: string;
  readonly layer: number;
  readonly left: number;
  readonly topK: number;
}

export type QuarantineRefusal = 'no-release' | 'no-such-expert' | 'already-quarantined' | 'ends-in-the-past' | 'too-long' | 'too-many' | 'too-few-left' | 'force-not-permitted';

export type QuarantineDecision =
  | { readonly decision: 'quarantine'; readonly reason: 'enough-left' | 'forced'; readonly thin: readonly ThinLayer[] }
  | { readonly decision: 'refuse'; readonly reason: QuarantineRefusal; readonly detail: string; readonly field: 'releaseId' | 'layer' | 'expert' | 'until' | 'force' };

/** Decides whether an expert may be taken out of service. */
export function decideQuarantine(wish: QuarantineWish, { nowMs, releases, inForce, permissions }: QuarantineFacts): QuarantineDecision {
  const { layer, expert, releaseId, untilMs, force } = wish;
  const name = `expert/${layer}/${expert}`;
  if (releases.length === 0) return refuse('no-release', 'releaseId', releaseId === null ? 'The model has no release that could serve. Import or activate one first.' : 'The model has no such release. GET /api/v1/releases lists them.');
  const concerned = releases.filter((shape) => concerning([wish], shape).length > 0);
  const [shape] = releases;
  if (concerned.length === 0 && shape) {
    const field = layer >= shape.layers ? 'layer' : 'expert';
    return refuse('no-such-expert', field, `There is no ${name}: layers go from 0 to ${shape.layers - 1}, experts from 0 to ${shape.experts - 1}.`);
  }
  if (inForce.some((one) => one.layer === layer && one.expert === expert && (one.releaseId === null || one.releaseId === releaseId))) {
    return refuse('already-quarantined', 'expert', `${name} is in quarantine already. Lift that one first to change its reason or end.`);
  }
  if (untilMs !== null && untilMs <= nowMs) return refuse('ends-in-the-past', 'until', 'Give a time that is still to come, or leave it out.');
  if (untilMs !== null && untilMs - nowMs > MAX_QUARANTINE_MS) return refuse('too-long', 'until', 'Give a time within 366 days, or leave it out.');
  if (inForce.length >= MAX_QUARANTINES) return refuse('too-many', 'expert', `${MAX_QUARANTINES} quarantines of the model hold already. Lift some, or roll the release back.`);
  const thin = concerned.flatMap((one) => thinLayer([...inForce, wish], one, layer));
  const [first] = thin;
  if (!first) return { decision: 'quarantine', reason: 'enough-left', thin };
  const lack = `Layer ${layer} of release ${first.releaseId.slice(0, 12)} would be left with ${first.left} experts, and each token selects ${first.topK}.`;
  if (!force) return refuse('too-few-left', 'expert', `${lack} Lift another one first, roll the release back, or give force: true, for which the permission '${FORCE_PERMISSION}' is needed.`);
  if (!permissions.includes(FORCE_PERMISSION)) return refuse('force-not-permitted', 'force', `${lack} To do it all the same needs the permission '${FORCE_PERMISSION}'.`);
  return { decision: 'quarantine', reason: 'forced', thin };
}

function thinLayer(quarantines: readonly QuarantinedExpert[], shape: QuarantineShape, layer: number): readonly ThinLayer[] {
  const left = expertsLeft(quarantines, shape)[layer] ?? 0;
  return left < shape.topK ? [{ releaseId: shape.releaseId, layer, left, topK: shape.topK }] : [];
}

function refuse(reason: QuarantineRefusal, field: Extract<QuarantineDecision, { decision: 'refuse' }>['field'], detail: string): QuarantineDecision {
  return { decision: 'refuse', reason, field, detail };
}
