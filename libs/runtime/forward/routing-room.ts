import { requestAllowance, capacityTokens } from '#libs/moe/capacity/capacity-tokens';
import { type Room } from '#libs/moe/capacity/place-selection';
import { QuotaLedger } from '#libs/moe/capacity/quota-ledger';
import { RowCounts } from '#libs/moe/capacity/row-counts';
import { type ModelShape, type RoutingSettings } from '#libs/release/manifest';
import { type RoutedRequest } from './forward-pass.ts';
import { type CachedSequence } from './kv-cache.ts';

/**
 * Room of experts under a release's capacity and quotas. Of scope request, each sequence has counts of
 * its own, which its forks copy; of scope batch, a step has. What a step takes holds once it is committed.
 */
export class RoutingRoom {
  readonly #shape: ModelShape;
  readonly #routing: RoutingSettings;
  /** Of expert layer * experts + expert; none: no limit of its own. */
  readonly #limits: ReadonlyMap<number, number>;
  readonly #bySequence = new WeakMap<CachedSequence, RowCounts>();
  readonly #room: CountedRoom;
  #quotas: QuotaLedger | null = null;
  #sequences: readonly CachedSequence[] = [];
  #batch: RowCounts | null = null;
  #batchRows = 0;

  constructor(shape: ModelShape, routing: RoutingSettings) {
    this.#shape = shape;
    this.#routing = routing;
    this.#limits = new Map((routing.capacity?.limits ?? []).map(({ layer, expert, tokens }) => [layer * shape.experts + expert, tokens]));
    this.#room = new CountedRoom(shape.experts, this.#limits);
  }

  begin(sequences: readonly CachedSequence[], rows: number, nowMs: number): void {
    const { capacity, quotas } = this.#routing;
    this.#sequences = sequences;
    this.#batchRows = rows;
    if (quotas !== undefined) {
      this.#quotas ??= new QuotaLedger(quotas, nowMs);
      this.#quotas.begin(nowMs);
    }
    if (capacity === undefined) return;
    if (capacity.scope === 'batch') this.#batch = this.#newCounts();
    // A sequence that begins has no past, whoever had its place before.
    else for (const sequence of sequences) if (sequence.length === 0 || !this.#bySequence.has(sequence)) this.#bySequence.set(sequence, this.#newCounts());
  }

  restart(layer: number): void {
    this.#quotas?.restart(layer);
    this.#batch?.restart(layer);
    if (this.#routing.capacity?.scope === 'request') for (const sequence of this.#sequences) this.#bySequence.get(sequence)?.restart(layer);
  }

  commit(): void {
    this.#quotas?.commit();
    if (this.#routing.capacity?.scope === 'request') for (const sequence of this.#sequences) this.#bySequence.get(sequence)?.commit();
  }

  fork(from: CachedSequence, to: CachedSequence): void {
    const counts = this.#bySequence.get(from);
    if (counts) this.#bySequence.set(to, counts.fork());
  }

  /** For one row; null: no expert is ever full. The same object serves the next row. */
  of(sequence: CachedSequence, { promptTokens, tenant }: RoutedRequest, layer: number, position: number): Room | null {
    const { capacity, topK } = this.#routing;
    if (capacity === undefined && this.#quotas === null) return null;
    const room = this.#room;
    room.layer = layer;
    room.tenant = tenant;
    room.quotas = this.#quotas;
    room.counts = capacity === undefined ? null : capacity.scope === 'batch' ? this.#batch : (this.#bySequence.get(sequence) ?? null);
    const routed = topK - (this.#routing.sharedExperts?.length ?? 0);
    const experts = this.#shape.experts - (this.#routing.sharedExperts?.length ?? 0);
    if (capacity === undefined) room.allowance = Infinity;
    else if (capacity.scope === 'batch') room.allowance = capacityTokens(capacity.factor, this.#batchRows, routed, experts);
    else room.allowance = requestAllowance(capacity.factor, position, promptTokens, routed, experts);
    return room;
  }

  #newCounts(): RowCounts {
    return new RowCounts(this.#shape.layers, this.#shape.experts);
  }
}

class CountedRoom implements Room {
  layer = 0;
  tenant: string | null = null;
  allowance = Infinity;
  counts: RowCounts | null = null;
  quotas: QuotaLedger | null = null;
  readonly #experts: number;
  readonly #limits: ReadonlyMap<number, number>;

  constructor(experts: number, limits: ReadonlyMap<number, number>) {
    this.#experts = experts;
    this.#limits = limits;
  }

  has(expert: number): boolean {
    const limit = Math.min(this.allowance, this.#limits.get(this.layer * this.#experts + expert) ?? Infinity);
    if (this.counts !== null && this.counts.count(this.layer, expert) >= limit) return false;
    return this.quotas === null || this.quotas.hasRoom(this.layer, expert, this.tenant);
  }

  take(expert: number): void {
    this.counts?.take(this.layer, expert);
    this.quotas?.take(this.layer, expert, this.tenant);
  }
}
