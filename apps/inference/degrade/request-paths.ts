import { decidePath, type PathDecision } from '#libs/governance/degradation/decide-path';
import { type RequestLabels } from '../admit/request-labels.ts';
import { type ServedRelease } from '../models/served-release.ts';
import { type ColdStart } from './cold-start.ts';
import { type ExpertWatch } from './expert-watch.ts';
import { type QuarantinesInForce } from './quarantines-in-force.ts';

/** What an answer may tell its caller of how it came about, in the header `x-signalbox-degraded`. */
export type DegradedRung = 'quarantine' | 'unavailable' | 'generalist' | 'dense';

/** Which way requests take, by what is known when they are admitted. */
export class RequestPaths {
  constructor(
    private readonly experts: Pick<ExpertWatch, 'isExhausted' | 'hasBroken'>,
    private readonly quarantines: Pick<QuarantinesInForce, 'holdsIn'>,
    private readonly coldStart: Pick<ColdStart, 'isSeen'>,
    private readonly models: { serves(model: string): boolean },
    private readonly lookNow: () => Promise<void>,
  ) {}

  decide(release: ServedRelease, labels: RequestLabels, isPinned: boolean): PathDecision {
    const { model, releaseId, manifest } = release;
    return decidePath({
      fallback: manifest.routing.fallback,
      model,
      isPinned,
      isExhausted: this.experts.isExhausted(releaseId),
      isSegmentSeen: this.coldStart.isSeen(releaseId, labels),
      isServed: (name) => this.models.serves(name),
    });
  }

  /** Where a request may go that its release could not answer for want of experts; null where nowhere. */
  denseFor(release: ServedRelease, isPinned: boolean): string | null {
    // Asked at once: those that come after it need not try first.
    void this.lookNow().catch(() => undefined);
    const { model, manifest } = release;
    const decision = decidePath({ fallback: manifest.routing.fallback, model, isPinned, isExhausted: true, isSegmentSeen: null, isServed: (name) => this.models.serves(name) });
    return decision.path === 'dense' ? decision.denseModel : null;
  }

  /** Why decisions of a release may differ from those of a healthy one. */
  rungsOf(releaseId: string): readonly DegradedRung[] {
    return [...(this.quarantines.holdsIn(releaseId) ? ['quarantine' as const] : []), ...(this.experts.hasBroken(releaseId) ? ['unavailable' as const] : [])];
  }
}
