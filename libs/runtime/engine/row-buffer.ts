import { type StepOutput } from '../forward/forward-pass.ts';
import { type FlaggedDecisions, type LayerOverflow } from './engine.ts';

/** The typed arrays of a trace. */
export interface RoutedRows {
  readonly tokenIds: Uint32Array<ArrayBuffer>;
  readonly expertIds: Uint16Array<ArrayBuffer>;
  readonly gates: Float32Array<ArrayBuffer>;
  readonly flagged: FlaggedDecisions | null;
  readonly overflow: readonly LayerOverflow[] | null;
}

/** Routed rows in the order they ran. Grows by doubling, so that a row costs its own copy on average. */
export class RowBuffer {
  readonly #width: number;
  #rows = 0;
  #capacity: number;
  #tokenIds: Uint32Array<ArrayBuffer>;
  #expertIds: Uint16Array<ArrayBuffer>;
  #gates: Float32Array<ArrayBuffer>;
  /** Of flagged decisions, which are rare: row x layers + layer, and flags. Made for the first one. */
  #flagged: { readonly layers: number; readonly positions: number[]; readonly flags: number[] } | null = null;

  /** By layer, what found its expert full. Made for the first one. */
  #overflow: { readonly selections: Float64Array; readonly lostGateMass: Float64Array } | null = null;

  /** @param width decisions of a row: layers x top-k */
  constructor(width: number, capacity: number) {
    this.#width = width;
    this.#capacity = Math.max(capacity, 1);
    this.#tokenIds = new Uint32Array(this.#capacity);
    this.#expertIds = new Uint16Array(this.#capacity * width);
    this.#gates = new Float32Array(this.#capacity * width);
  }

  get rows(): number {
    return this.#rows;
  }

  append(tokens: Uint32Array, output: Pick<StepOutput, 'expertIds' | 'gates' | 'flags' | 'lostMass' | 'overflow'>): void {
    const width = this.#width;
    if (output.expertIds.length !== tokens.length * width || output.gates.length !== tokens.length * width) {
      throw new Error(`the step gave ${output.expertIds.length} routing decisions for ${tokens.length} tokens of ${width}`);
    }
    this.#reserve(this.#rows + tokens.length);
    this.#tokenIds.set(tokens, this.#rows);
    this.#expertIds.set(output.expertIds, this.#rows * width);
    this.#gates.set(output.gates, this.#rows * width);
    if (output.flags) this.#appendFlags(output.flags, output.flags.length / tokens.length);
    if (output.overflow || output.lostMass) this.#addOverflow(output, tokens.length);
    this.#rows += tokens.length;
  }

  #appendFlags(flags: Uint8Array, layers: number): void {
    const first = this.#rows * layers;
    for (let at = 0; at < flags.length; at++) {
      if (flags[at] === 0) continue;
      this.#flagged ??= { layers, positions: [], flags: [] };
      this.#flagged.positions.push(first + at);
      this.#flagged.flags.push(flags[at]!);
    }
  }

  #addOverflow({ overflow, lostMass }: Pick<StepOutput, 'lostMass' | 'overflow'>, rows: number): void {
    const decisions = (overflow ?? lostMass)!.length;
    const layers = decisions / rows;
    this.#overflow ??= { selections: new Float64Array(layers), lostGateMass: new Float64Array(layers) };
    for (let at = 0; at < decisions; at++) {
      this.#overflow.selections[at % layers]! += overflow?.[at] ?? 0;
      this.#overflow.lostGateMass[at % layers]! += lostMass?.[at] ?? 0;
    }
  }

  #reserve(rows: number): void {
    if (rows <= this.#capacity) return;
    this.#capacity = Math.max(rows, this.#capacity * 2);
    const { tokenIds, expertIds, gates } = this.#view();
    this.#tokenIds = new Uint32Array(this.#capacity);
    this.#tokenIds.set(tokenIds);
    this.#expertIds = new Uint16Array(this.#capacity * this.#width);
    this.#expertIds.set(expertIds);
    this.#gates = new Float32Array(this.#capacity * this.#width);
    this.#gates.set(gates);
  }

  #view(): Omit<RoutedRows, 'flagged' | 'overflow'> {
    return {
      tokenIds: this.#tokenIds.subarray(0, this.#rows),
      expertIds: this.#expertIds.subarray(0, this.#rows * this.#width),
      gates: this.#gates.subarray(0, this.#rows * this.#width),
    };
  }

  /** The rows of several buffers, one after the other, in arrays of their own. */
  static join(buffers: readonly RowBuffer[], width: number): RoutedRows {
    const rows = buffers.reduce((sum, buffer) => sum + buffer.rows, 0);
    const tokenIds = new Uint32Array(rows);
    const expertIds = new Uint16Array(rows * width);
    const gates = new Float32Array(rows * width);
    let at = 0;
    for (const buffer of buffers) {
      const view = buffer.#view();
      tokenIds.set(view.tokenIds, at);
      expertIds.set(view.expertIds, at * width);
      gates.set(view.gates, at * width);
      at += buffer.rows;
    }
    return { tokenIds, expertIds, gates, flagged: RowBuffer.#joinFlags(buffers), overflow: RowBuffer.#joinOverflow(buffers) };
  }

  static #joinOverflow(buffers: readonly RowBuffer[]): readonly LayerOverflow[] | null {
    const byLayer = new Map<number, { layer: number; selections: number; lostGateMass: number }>();
    for (const buffer of buffers) {
      for (const [layer, count] of buffer.#overflow?.selections.entries() ?? []) {
        const lost = buffer.#overflow!.lostGateMass[layer]!;
        if (count === 0 && lost === 0) continue;
        const sum = byLayer.get(layer) ?? { layer, selections: 0, lostGateMass: 0 };
        sum.selections += count;
        sum.lostGateMass += lost;
        byLayer.set(layer, sum);
      }
    }
    return byLayer.size === 0 ? null : [...byLayer.values()].toSorted((a, b) => a.layer - b.layer);
  }

  static #joinFlags(buffers: readonly RowBuffer[]): FlaggedDecisions | null {
    const count = buffers.reduce((sum, buffer) => sum + (buffer.#flagged?.flags.length ?? 0), 0);
    if (count === 0) return null;
    const joined = { positions: new Uint32Array(count), flags: new Uint8Array(count) };
    let filled = 0;
    let row = 0;
    for (const buffer of buffers) {
      const { layers, positions, flags } = buffer.#flagged ?? { layers: 0, positions: [], flags: [] };
      for (let at = 0; at < flags.length; at++, filled++) {
        joined.positions[filled] = row * layers + positions[at]!;
        joined.flags[filled] = flags[at]!;
      }
      row += buffer.rows;
    }
    return joined;
  }
}
