import { type StepOutput } from '../forward/forward-pass.ts';

/** The typed arrays of a trace. */
export interface RoutedRows {
  readonly tokenIds: Uint32Array<ArrayBuffer>;
  readonly expertIds: Uint16Array<ArrayBuffer>;
  readonly gates: Float32Array<ArrayBuffer>;
}

/** Routed rows in the order they ran. Grows by doubling, so that a row costs its own copy on average. */
export class RowBuffer {
  readonly #width: number;
  #rows = 0;
  #capacity: number;
  #tokenIds: Uint32Array<ArrayBuffer>;
  #expertIds: Uint16Array<ArrayBuffer>;
  #gates: Float32Array<ArrayBuffer>;

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

  append(tokens: Uint32Array, output: Pick<StepOutput, 'expertIds' | 'gates'>): void {
    const width = this.#width;
    if (output.expertIds.length !== tokens.length * width || output.gates.length !== tokens.length * width) {
      throw new Error(`the step gave ${output.expertIds.length} routing decisions for ${tokens.length} tokens of ${width}`);
    }
    this.#reserve(this.#rows + tokens.length);
    this.#tokenIds.set(tokens, this.#rows);
    this.#expertIds.set(output.expertIds, this.#rows * width);
    this.#gates.set(output.gates, this.#rows * width);
    this.#rows += tokens.length;
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

  #view(): RoutedRows {
    return {
      tokenIds: this.#tokenIds.subarray(0, this.#rows),
      expertIds: this.#expertIds.subarray(0, this.#rows * this.#width),
      gates: this.#gates.subarray(0, this.#rows * this.#width),
    };
  }

  /** The rows of several buffers, one after the other, in arrays of their own. */
  static join(buffers: readonly RowBuffer[], width: number): RoutedRows {
    const rows = buffers.reduce((sum, buffer) => sum + buffer.rows, 0);
    const joined: RoutedRows = {
      tokenIds: new Uint32Array(rows),
      expertIds: new Uint16Array(rows * width),
      gates: new Float32Array(rows * width),
    };
    let at = 0;
    for (const buffer of buffers) {
      const { tokenIds, expertIds, gates } = buffer.#view();
      joined.tokenIds.set(tokenIds, at);
      joined.expertIds.set(expertIds, at * width);
      joined.gates.set(gates, at * width);
      at += buffer.rows;
    }
    return joined;
  }
}
