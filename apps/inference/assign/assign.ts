import { type Canary } from '#libs/governance/activation/activation-state';
import { type Assignment, assignRequest, type RequestFacts } from '#libs/governance/activation/assign-request';
import { type AdmittedRequest } from '../admit/admitted.ts';
import { type ModelPin, type ServedRelease } from '../models/served-release.ts';

export interface Assigned<P> {
  readonly role: Assignment['role'];
  /** `canary-refused`: it was drawn, but the canary cannot take this request, so the stable release is asked. */
  readonly reason: Assignment['reason'] | 'canary-refused';
  readonly release: ServedRelease;
  readonly prepared: P;
}

/** What the route slice of a canary is decided by. */
export interface SliceLook<P> {
  /** The request as admitted to a release; null where it was refused. */
  readonly admittedOf: (prepared: P) => AdmittedRequest | null;
  /** Share of the prompt's decisions in the slice, 0 to 1; null where it cannot be told. */
  readonly shareOf: (admitted: AdmittedRequest, slice: NonNullable<Canary['scope']['routeSlice']>) => Promise<number | null>;
}

/**
 * Chooses the release that answers a request, out of those that are held for it, and prepares the
 * request for it. Only a request that is drawn for a canary with a route slice is looked at twice.
 */
export async function assign<P>(pin: ModelPin, facts: Omit<RequestFacts, 'sliceShare'>, prepare: (release: ServedRelease) => P, look: SliceLook<P>): Promise<Assigned<P>> {
  const canary = pin.canary?.settings ?? null;
  const on = ({ role, reason }: Assignment, stable?: P): Assigned<P> => {
    const onStable = (why: Assigned<P>['reason']): Assigned<P> => ({ role: 'stable', reason: why, release: pin.stable.release, prepared: stable ?? prepare(pin.stable.release) });
    if (role === 'stable' || !pin.canary) return onStable(reason);
    const { release } = pin.canary.pin;
    const prepared = prepare(release);
    // A canary turns nobody away whom the stable release would answer.
    return look.admittedOf(prepared) ? { role, reason, release, prepared } : onStable('canary-refused');
  };
  const first = assignRequest({ canary }, { ...facts, sliceShare: null });
  if (first.reason !== 'slice-unknown' || !canary?.scope.routeSlice) return on(first);
  const stable = prepare(pin.stable.release);
  const admitted = look.admittedOf(stable);
  if (!admitted) return on(first, stable);
  const sliceShare = await look.shareOf(admitted, canary.scope.routeSlice);
  return on(assignRequest({ canary }, { ...facts, sliceShare }), stable);
}
