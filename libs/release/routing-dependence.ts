import { type RoutingSettings } from './manifest.ts';

/** On what the routing of a token depends beside the tokens up to it. */
export type RoutingDependence =
  /** Rows that share the step: capacity of scope batch, quotas by batch, expert choice. */
  | 'batch'
  /** Other traffic over time: quotas by second. */
  | 'traffic'
  /** The length of the prompt, which sets the capacity of its rows. */
  | 'prompt-length'
  /** The request's seed, which draws the noise. */
  | 'seed'
  /** Whose request it is: quotas by tenant. */
  | 'tenant';

/** What a release's routing depends on beside the tokens before it; empty: nothing. */
export function routingDependence({ gating, capacity, quotas = [], noise }: RoutingSettings): readonly RoutingDependence[] {
  const on = new Set<RoutingDependence>();
  if (gating === 'expert-choice') on.add('batch');
  // What is only counted changes nothing.
  const bounds = capacity !== undefined && capacity.policy !== 'pad';
  if (bounds) on.add(capacity.scope === 'batch' ? 'batch' : 'prompt-length');
  for (const { tokensPerBatch, tokensPerSecond, tenant } of capacity?.policy === 'pad' ? [] : quotas) {
    if (tokensPerBatch !== undefined) on.add('batch');
    if (tokensPerSecond !== undefined) on.add('traffic');
    if (tenant !== undefined) on.add('tenant');
  }
  if (noise !== undefined) on.add('seed');
  return [...on];
}

/** What an answer depends on that is of other requests; empty where invariant 3 holds. */
export function dependenceOnOthers(routing: RoutingSettings): readonly RoutingDependence[] {
  return routingDependence(routing).filter((one) => one === 'batch' || one === 'traffic');
}

/** Whether requests of others may change an answer. */
export function isBatchDependent(routing: RoutingSettings): boolean {
  return dependenceOnOthers(routing).length > 0;
}

/**
 * Whether two requests that begin with the same tokens have the same keys and values for them, so that
 * one may use the other's: only where routing depends on nothing else.
 */
export function mayShareRoutedPrefix(routing: RoutingSettings): boolean {
  return routingDependence(routing).length === 0;
}
