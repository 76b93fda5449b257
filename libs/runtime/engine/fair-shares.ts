/** A request that is first among those of its tenant which wait. */
export interface TenantHead {
  readonly tenant: string;
  /** Number of the request; numbers rise with arrival. */
  readonly handle: number;
}

/**
 * Cost of a prompt token and of a sampled token, as in the paper below: a sampled token takes a step of
 * its own, so it counts more. The unit of every "work" figure of admission.
 */
export const PROMPT_COST = 1;
export const OUTPUT_COST = 2;

/** Tenants with a counter that neither wait nor were told to be forgotten; beyond that the least served are forgotten. */
const MAX_IDLE_TENANTS = 4096;

/**
 * Weighted fair queueing on tokens: the virtual token counter (VTC) of Sheng et al., "Fairness in Serving
 * Large Language Models" (OSDI 2024), algorithm 2. Each tenant has a counter of the work done for it,
 * divided by its weight; the next place goes to the waiting tenant whose counter is lowest. Of two tenants
 * that always have requests waiting, neither gets more than 2U ahead of the other, where U is the larger of
 * the costliest prompt and the costliest step (theorem 4.4 there).
 *
 * A tenant that comes back after being idle is lifted to the least served of those that wait: unused
 * service cannot be saved up. Counters below that level therefore say nothing, and the ones kept are bounded.
 */
export class FairShares {
  readonly #weights: Readonly<Record<string, number>>;
  readonly #counters = new Map<string, number>();
  readonly #waiting = new Map<string, number>();
  /** Counter of the tenant that stopped waiting last. */
  #lastLeft = 0;

  /** @param weights positive, by tenant; 1 for those that are not named */
  constructor(weights: Readonly<Record<string, number>> = {}) {
    this.#weights = weights;
  }

  weightOf(tenant: string): number {
    return weightOf(this.#weights, tenant);
  }

  /** Work done for a tenant over its weight, as far as it counts; 0 for one that has no counter. */
  counterOf(tenant: string): number {
    return this.#counters.get(tenant) ?? 0;
  }

  /** Tenants that have a counter. */
  get size(): number {
    return this.#counters.size;
  }

  /** A request of the tenant begins to wait. */
  joined(tenant: string): void {
    const waiting = this.#waiting.get(tenant) ?? 0;
    if (waiting === 0) this.#counters.set(tenant, Math.max(this.counterOf(tenant), this.#level()));
    this.#waiting.set(tenant, waiting + 1);
    if (this.#counters.size > this.#waiting.size + MAX_IDLE_TENANTS) this.#forget();
  }

  /** A request of the tenant waits no longer, whatever became of it. */
  left(tenant: string): void {
    const waiting = this.#waiting.get(tenant) ?? 0;
    if (waiting > 1) {
      this.#waiting.set(tenant, waiting - 1);
      return;
    }
    this.#waiting.delete(tenant);
    this.#lastLeft = this.counterOf(tenant);
  }

  /** @param work in units of PROMPT_COST and OUTPUT_COST */
  charge(tenant: string, work: number): void {
    this.#counters.set(tenant, this.counterOf(tenant) + work / this.weightOf(tenant));
  }

  /** Whose turn it is: the least served tenant, and of equals the one that has waited longest. */
  first(heads: Iterable<TenantHead>): TenantHead | null {
    let best: TenantHead | null = null;
    for (const head of heads) {
      if (best === null) best = head;
      else {
        const ahead = this.counterOf(head.tenant) - this.counterOf(best.tenant);
        if (ahead < 0 || (ahead === 0 && head.handle < best.handle)) best = head;
      }
    }
    return best;
  }

  /** Below it nobody that begins to wait may stand. */
  #level(): number {
    let level = Infinity;
    for (const tenant of this.#waiting.keys()) level = Math.min(level, this.counterOf(tenant));
    return level === Infinity ? this.#lastLeft : level;
  }

  /** Half of the idle ones, the least served first: they are the ones that would be lifted most likely. */
  #forget(): void {
    const idle = [...this.#counters].filter(([tenant]) => !this.#waiting.has(tenant)).toSorted(([, a], [, b]) => a - b);
    for (const [tenant] of idle.slice(0, Math.ceil(idle.length / 2))) this.#counters.delete(tenant);
  }
}

export function weightOf(weights: Readonly<Record<string, number>>, tenant: string): number {
  return Object.hasOwn(weights, tenant) ? (weights[tenant] as number) : 1;
}
