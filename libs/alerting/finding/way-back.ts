import { type NearbyChange, type WayBack, type WayBackReason } from './finding.ts';

/** What answers for the model, and since when. */
export interface ServingFacts {
  readonly stable: string;
  readonly previous: string | null;
  readonly canary: string | null;
  /** When the release of the alert last became the stable one; null where that is not known. */
  readonly stableSinceMs: number | null;
  /** When the baseline of the reading was frozen; null where it has none. */
  readonly baselineAtMs: number | null;
}

/** Signals that say that the requests are other ones: no release would undo that. */
const OF_TRAFFIC: ReadonlySet<string> = new Set(['mix-shift', 'data-rule-refusals']);

/** The rollback that would undo what was found, where there is one, with the reason why or why not. */
export function findWayBack(signal: string, model: string | null, release: string | null, facts: ServingFacts | null): { readonly wayBack: WayBack | null; readonly reason: WayBackReason } {
  if (OF_TRAFFIC.has(signal)) return { wayBack: null, reason: 'traffic-changed' };
  if (model === null || release === null) return { wayBack: null, reason: 'no-release' };
  if (facts === null || (facts.stable !== release && facts.canary !== release)) return { wayBack: null, reason: 'not-serving' };
  const path = `/api/v1/models/${encodeURIComponent(model)}`;
  if (facts.canary === release) {
    return { wayBack: { kind: 'abort-canary', method: 'POST', path: `${path}/abort`, body: {}, command: `signalbox abort --model ${model}`, to: facts.stable }, reason: 'is-canary' };
  }
  if (facts.previous === null) return { wayBack: null, reason: 'nothing-before' };
  if (facts.stableSinceMs === null) return { wayBack: null, reason: 'never-activated' };
  if (facts.baselineAtMs !== null && facts.stableSinceMs < facts.baselineAtMs) return { wayBack: null, reason: 'served-at-baseline' };
  return { wayBack: { kind: 'rollback', method: 'POST', path: `${path}/rollback`, body: {}, command: `signalbox rollback --model ${model}`, to: facts.previous }, reason: 'became-active-after-baseline' };
}

/** Changes of the hour before, newest first. */
export function changesNear(changes: readonly NearbyChange[], sinceMs: number, untilMs: number): readonly NearbyChange[] {
  return changes.filter(({ atMs }) => atMs >= sinceMs - 3_600_000 && atMs <= untilMs).toSorted((a, b) => b.atMs - a.atMs).slice(0, 20);
}
