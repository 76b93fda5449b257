import { type ExpertQuota } from './capacity-settings.ts';
import { newTokenBucket, refill, type TokenBucket } from './token-bucket.ts';

interface Entry {
  readonly quota: ExpertQuota;
  readonly bucket: TokenBucket | null;
  /** Rows of the step that is under way. */
  taken: number;
}

/** What is left of the quotas of one release. Rows count for good only when their step is committed. */
export class QuotaLedger {
  /** By layer, then expert. */
  readonly #entries = new Map<number, Map<number, Entry[]>>();
  readonly #all: Entry[] = [];

  constructor(quotas: readonly ExpertQuota[], nowMs: number) {
    for (const quota of quotas) {
      const entry: Entry = { quota, bucket: quota.tokensPerSecond === undefined ? null : newTokenBucket(quota.tokensPerSecond, nowMs), taken: 0 };
      const layer = this.#entries.get(quota.layer) ?? new Map<number, Entry[]>();
      layer.set(quota.expert, [...(layer.get(quota.expert) ?? []), entry]);
      this.#entries.set(quota.layer, layer);
      this.#all.push(entry);
    }
  }

  /** A step begins; what the last one took and did not commit is forgotten. */
  begin(nowMs: number): void {
    for (const entry of this.#all) {
      entry.taken = 0;
      if (entry.bucket) refill(entry.bucket, nowMs);
    }
  }

  /** A layer's selections begin, perhaps once more. */
  restart(layer: number): void {
    for (const entries of this.#entries.get(layer)?.values() ?? []) for (const entry of entries) entry.taken = 0;
  }

  hasRoom(layer: number, expert: number, tenant: string | null): boolean {
    const entries = this.#entries.get(layer)?.get(expert);
    return !entries || entries.every((entry) => !concerns(entry, tenant) || entry.taken + 1 <= roomOf(entry));
  }

  take(layer: number, expert: number, tenant: string | null): void {
    for (const entry of this.#entries.get(layer)?.get(expert) ?? []) if (concerns(entry, tenant)) entry.taken += 1;
  }

  commit(): void {
    for (const entry of this.#all) {
      if (entry.bucket) entry.bucket.level -= entry.taken;
      entry.taken = 0;
    }
  }
}

function concerns({ quota }: Entry, tenant: string | null): boolean {
  return quota.tenant === undefined || quota.tenant === tenant;
}

function roomOf({ quota, bucket }: Entry): number {
  return Math.min(quota.tokensPerBatch ?? Infinity, bucket?.level ?? Infinity);
}
