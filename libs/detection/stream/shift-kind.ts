import { type KindSettings } from './settings.ts';

export interface ShiftSymptoms {
  readonly isUsageRaised: boolean;
  readonly isRoutingRaised: boolean;
  /** Whether enough tokens are known for the routing to be tested. */
  readonly canTell: boolean;
  /** Recent effects and what stationary traffic shows, bits. */
  readonly usageBits: number;
  readonly usageFloorBits: number;
  readonly routingBits: number;
  readonly routingFloorBits: number;
  /** Requests since the first of the alarms. */
  readonly requestsSince: number;
}

export interface ShiftKindDecision {
  /** `pending`: one test has alarmed, and the other one is likely to decide what it is. */
  readonly kind: 'none' | 'mix' | 'router' | 'pending';
  /** `earlier-layer-...`: not decided here but across layers, see declareLayers. */
  readonly reason: 'earlier-layer-routes-differently' | 'earlier-layer-tells-of-traffic' | 'no-alarm' | 'cannot-be-told-apart' | 'tokens-explain-it' | 'tokens-explain-most' | 'tokens-route-differently' | 'routing-test-pending' | 'usage-test-pending';
}

/**
 * What an alarm is about. Usage that moved while tokens go where they went: the traffic changed. Tokens
 * that go elsewhere: the router did, and the usage with it. Context moves the routing of a token a
 * little when the traffic changes, so a small part of the usage's movement does not count as the router's.
 */
export function decideShiftKind(symptoms: ShiftSymptoms, settings: KindSettings): ShiftKindDecision {
  const { isUsageRaised, isRoutingRaised, canTell, usageBits, usageFloorBits, routingBits, routingFloorBits, requestsSince } = symptoms;
  if (!isUsageRaised && !isRoutingRaised) return { kind: 'none', reason: 'no-alarm' };
  if (!canTell && !isRoutingRaised) return { kind: 'mix', reason: 'cannot-be-told-apart' };
  const isMinor = usageBits > usageFloorBits && routingBits < settings.explainedShare * usageBits;
  const mayWait = requestsSince < settings.waitRequests;
  if (isRoutingRaised) {
    if (!isMinor) return { kind: 'router', reason: 'tokens-route-differently' };
    if (isUsageRaised) return { kind: 'mix', reason: 'tokens-explain-most' };
    return mayWait ? { kind: 'pending', reason: 'usage-test-pending' } : { kind: 'router', reason: 'tokens-route-differently' };
  }
  if (!isMinor && routingBits > 2 * routingFloorBits && mayWait) return { kind: 'pending', reason: 'routing-test-pending' };
  return { kind: 'mix', reason: 'tokens-explain-it' };
}
