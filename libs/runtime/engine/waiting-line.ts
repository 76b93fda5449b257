import { type TenantHead } from './fair-shares.ts';
import { type Submission } from './generation.ts';

/** Requests of one release that wait, in order of arrival within each tenant. */
export class WaitingLine {
  readonly #byTenant = new Map<string, Submission[]>();
  #length = 0;
  #withDeadline = 0;

  get length(): number {
    return this.#length;
  }

  /** Those that have a deadline. */
  get withDeadline(): number {
    return this.#withDeadline;
  }

  /** One that comes back, having been taken out, gets its old position. */
  add(submission: Submission): void {
    const tenant = tenantOf(submission);
    const line = this.#byTenant.get(tenant);
    this.#length += 1;
    if (hasDeadline(submission)) this.#withDeadline += 1;
    if (!line) this.#byTenant.set(tenant, [submission]);
    else if ((line[0]?.handle ?? -1) > submission.handle) line.unshift(submission);
    else line.push(submission);
  }

  /** A request by its number; null where it does not wait. */
  find(handle: number): Submission | null {
    for (const line of this.#byTenant.values()) {
      const first = line[0]?.handle === handle ? line[0] : line.find((submission) => submission.handle === handle);
      if (first) return first;
    }
    return null;
  }

  /** Takes out a request by its number; null where it does not wait. */
  take(handle: number): Submission | null {
    for (const [tenant, line] of this.#byTenant) {
      const at = line[0]?.handle === handle ? 0 : line.findIndex((submission) => submission.handle === handle);
      const [submission] = at < 0 ? [] : line.splice(at, 1);
      if (!submission) continue;
      this.#length -= 1;
      if (hasDeadline(submission)) this.#withDeadline -= 1;
      if (line.length === 0) this.#byTenant.delete(tenant);
      return submission;
    }
    return null;
  }

  /** Those that wait and for which the test holds. */
  filter(test: (submission: Submission) => boolean): Submission[] {
    return [...this.#byTenant.values()].flatMap((line) => line.filter(test));
  }

  *heads(): IterableIterator<TenantHead> {
    for (const [tenant, line] of this.#byTenant) if (line[0]) yield { tenant, handle: line[0].handle };
  }
}

function hasDeadline({ request }: Submission): boolean {
  return request.deadlineMs !== undefined && request.deadlineMs !== null;
}

/** Requests that name no tenant share one. */
export function tenantOf({ request }: Submission): string {
  return request.tenant ?? '';
}
