import { type RoutingSettings } from './manifest.ts';
import { isBatchDependent } from './routing-dependence.ts';

const POLICIES = { drop: 'dropping', reroute: 'rerouting', pad: 'counting only' } as const;
const SCOPES = { request: 'per request', batch: 'per batch' } as const;

/** A routing setting in words, such as `capacity factor 1.25, dropping, per request`; null: JSON says it as well. */
export function routingWords(field: string, value: unknown): string | null {
  if (value === undefined) return null;
  switch (field) {
    case 'routing.capacity': {
      const { factor, policy, scope, limits } = value as NonNullable<RoutingSettings['capacity']>;
      const limited = limits === undefined || limits.length === 0 ? '' : `, limits for ${counted(limits.length, 'expert')}`;
      return `capacity factor ${factor}, ${POLICIES[policy]}, ${SCOPES[scope]}${limited}`;
    }
    case 'routing.quotas': {
      const quotas = value as NonNullable<RoutingSettings['quotas']>;
      return `${counted(quotas.length, 'quota')} on ${counted(new Set(quotas.map(({ layer, expert }) => `${layer}/${expert}`)).size, 'expert')}`;
    }
    case 'routing.selectionGroups': {
      const { groups, keep } = value as NonNullable<RoutingSettings['selectionGroups']>;
      return `the best ${keep} of ${groups} groups`;
    }
    case 'routing.noise': return `noise of deviation ${(value as NonNullable<RoutingSettings['noise']>).deviation}, by the request's seed`;
    case 'routing.sharedExperts': return `shared experts ${(value as readonly number[]).join(', ')}`;
    case 'routing.selectionBias': {
      const largest = Math.max(...(value as NonNullable<RoutingSettings['selectionBias']>).flat().map(Math.abs));
      return `selection bias of up to ${largest.toPrecision(3)}`;
    }
    case 'routing.fallback': return fallbackWords(value as NonNullable<RoutingSettings['fallback']>);
    default: return null;
  }
}

function fallbackWords({ ladder, generalists, denseModel, minConfidence, coldStart }: NonNullable<RoutingSettings['fallback']>): string {
  const parts = [
    ...(ladder === undefined ? [] : [`ladder ${ladder.join(' > ')}`]),
    ...(generalists === undefined ? [] : [`generalists ${generalists.join(', ')}`]),
    ...(denseModel === undefined ? [] : [`dense model ${denseModel}`]),
    ...(minConfidence === undefined ? [] : [`generalist below confidence ${minConfidence}`]),
    ...(coldStart === undefined ? [] : ['generalist for unseen labels']),
  ];
  return parts.length === 0 ? 'fallback as usual' : parts.join(', ');
}

/** What everybody should know of a release with these settings; empty where there is nothing. */
export function routingWarnings(routing: RoutingSettings): readonly string[] {
  return isBatchDependent(routing) ? ['answers depend on what shares the batch'] : [];
}

function counted(count: number, name: string): string {
  return `${count} ${name}${count === 1 ? '' : 's'}`;
}
