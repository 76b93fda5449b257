/** An expert that one process has out of service. */
export interface OutInProcess {
  readonly processId: string;
  readonly layer: number;
  readonly expert: number;
  /** quarantined: by order. Anything else: it failed. */
  readonly state: string;
  readonly reason: string;
  readonly sinceMs: number;
}

/** An expert that an operator took out of service. */
export interface OutByOrder {
  readonly layer: number;
  readonly expert: number;
  readonly sinceMs: number;
}

export interface UnavailableExpert<Order extends OutByOrder = OutByOrder> {
  readonly layer: number;
  readonly expert: number;
  /** Share of the processes in which it does not serve, above 0 to 1; by order it is out of all. */
  readonly value: number;
  readonly sinceMs: number;
  readonly reason: 'quarantined' | 'failed';
  /** null where it failed. */
  readonly order: Order | null;
  /** What the processes say where it failed, without repeats. */
  readonly failures: readonly string[];
  readonly processes: number;
}

/**
 * Experts of a release that do not serve, each once. An order counts wherever the processes are: it holds even
 * while none lives. A process that has the expert out by order adds nothing of its own.
 * @param liveProcesses those that serve the release
 */
export function unavailableExperts<Order extends OutByOrder>(orders: readonly Order[], out: readonly OutInProcess[], liveProcesses: number): readonly UnavailableExpert<Order>[] {
  const keyOf = ({ layer, expert }: { readonly layer: number; readonly expert: number }): string => `${layer}/${expert}`;
  const found = new Map<string, UnavailableExpert<Order>>();
  for (const order of orders) {
    const known = found.get(keyOf(order));
    // Of two, the one that holds longer.
    if (known && known.sinceMs <= order.sinceMs) continue;
    const { layer, expert, sinceMs } = order;
    found.set(keyOf(order), { layer, expert, value: 1, sinceMs, reason: 'quarantined', order, failures: [], processes: liveProcesses });
  }
  const failed = Map.groupBy(out.filter((one) => one.state !== 'quarantined'), keyOf);
  for (const [key, group] of failed) {
    const [first] = group;
    if (!first || found.has(key)) continue;
    const processes = new Set(group.map(({ processId }) => processId)).size;
    const sinceMs = group.reduce((least, one) => Math.min(least, one.sinceMs), first.sinceMs);
    const { layer, expert } = first;
    found.set(key, { layer, expert, value: Math.min(1, processes / Math.max(1, liveProcesses)), sinceMs, reason: 'failed', order: null, failures: [...new Set(group.map(({ reason }) => reason))], processes });
  }
  return [...found.values()].toSorted((a, b) => a.layer - b.layer || a.expert - b.expert);
}
