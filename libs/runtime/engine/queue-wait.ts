/** What a tenant has waiting. */
export interface TenantBacklog {
  readonly weight: number;
  /** Requests. */
  readonly waiting: number;
  readonly work: number;
}

/** Work that is done before a request's turn comes, of this tenant's own and of all. */
export interface WorkAhead {
  readonly own: number;
  readonly total: number;
}

/**
 * Work that starts before a request that now arrives for `tenant`.
 *
 * Under fair queueing, seen as a fluid (generalised processor sharing: Parekh and Gallager, "A Generalized
 * Processor Sharing Approach to Flow Control", 1993), the work of the tenant ahead of it, w, is done when each
 * other tenant i has got min(its backlog, w x weight_i / weight): so a tenant that has little waiting is not
 * held up by one that has much. In order of arrival everything is ahead of it.
 */
export function workAhead(backlogs: ReadonlyMap<string, TenantBacklog>, tenant: string, weight: number, order: 'fair' | 'arrival'): WorkAhead {
  const own = backlogs.get(tenant)?.work ?? 0;
  let total = 0;
  for (const backlog of backlogs.values()) {
    total += order === 'arrival' ? backlog.work : Math.min(backlog.work, (own / weight) * backlog.weight);
  }
  return { own, total };
}
