/**
 * Rows that each expert of each layer has served, of one sequence. A layer's rows are counted from what
 * was committed, so counting a layer again starts over, and a step that fails leaves no trace.
 */
export class RowCounts {
  readonly #experts: number;
  /** [layers][experts] */
  readonly #committed: Uint32Array;
  readonly #pending: Uint32Array;

  constructor(layers: number, experts: number, committed: Uint32Array = new Uint32Array(layers * experts)) {
    this.#experts = experts;
    this.#committed = committed;
    this.#pending = committed.slice();
  }

  restart(layer: number): void {
    const from = layer * this.#experts;
    this.#pending.set(this.#committed.subarray(from, from + this.#experts), from);
  }

  count(layer: number, expert: number): number {
    return this.#pending[layer * this.#experts + expert]!;
  }

  take(layer: number, expert: number): void {
    this.#pending[layer * this.#experts + expert]! += 1;
  }

  commit(): void {
    this.#committed.set(this.#pending);
  }

  /** What was committed, counted on by another. */
  fork(): RowCounts {
    return new RowCounts(this.#committed.length / this.#experts, this.#experts, this.#committed.slice());
  }
}
