/** Which of a step's rows each expert gets, in buffers that are used again. */
export interface DispatchPlan {
  /** [experts + 1]: expert e's rows are packed at starts[e] up to starts[e + 1]. */
  readonly starts: Uint32Array;
  /** [rows * topK]: packed position of each assignment, [row][rank]. */
  readonly positions: Uint32Array;
}

export function newDispatchPlan(experts: number, rows: number, topK: number): DispatchPlan {
  return { starts: new Uint32Array(experts + 1), positions: new Uint32Array(rows * topK) };
}

/**
 * Sorts the assignments of one layer by expert, rows in ascending order within each (counting sort).
 * Row r's k expert ids start at offset + r * rowStride of expertIds.
 */
export function planDispatch(
  plan: DispatchPlan,
  expertIds: Uint16Array,
  offset: number,
  rowStride: number,
  rows: number,
  topK: number,
): void {
  const { starts, positions } = plan;
  starts.fill(0);
  for (let row = 0; row < rows; row++) {
    for (let rank = 0; rank < topK; rank++) starts[expertIds[offset + row * rowStride + rank]! + 1]! += 1;
  }
  for (let expert = 1; expert < starts.length; expert++) starts[expert]! += starts[expert - 1]!;
  // Each start walks to the next one's place and is set back below.
  for (let row = 0; row < rows; row++) {
    for (let rank = 0; rank < topK; rank++) {
      const expert = expertIds[offset + row * rowStride + rank]!;
      positions[row * topK + rank] = starts[expert]!;
      starts[expert]! += 1;
    }
  }
  starts.copyWithin(1, 0, starts.length - 1);
  starts[0] = 0;
}

/** Copies rows of x [rows][width], which are the step's rows from firstRow on, to their packed positions. */
export function gatherRows(
  plan: DispatchPlan,
  x: Float32Array,
  firstRow: number,
  rows: number,
  topK: number,
  width: number,
  packed: Float32Array,
): void {
  for (let row = 0; row < rows; row++) {
    const values = x.subarray(row * width, (row + 1) * width);
    for (let rank = 0; rank < topK; rank++) packed.set(values, plan.positions[(firstRow + row) * topK + rank]! * width);
  }
}

/**
 * x[row] += sum over rank of gate * the expert's output, in order of rank: a row's bits depend on its
 * own experts alone. outputs holds each expert's rows as packed, null for an expert without rows.
 */
export function combineRows(
  plan: DispatchPlan,
  x: Float32Array,
  rows: number,
  topK: number,
  width: number,
  selection: { readonly expertIds: Uint16Array; readonly gates: Float32Array; readonly offset: number; readonly rowStride: number },
  outputs: readonly (Float32Array | null)[],
): void {
  const { expertIds, gates, offset, rowStride } = selection;
  for (let row = 0; row < rows; row++) {
    for (let rank = 0; rank < topK; rank++) {
      const at = offset + row * rowStride + rank;
      const expert = expertIds[at]!;
      const output = outputs[expert];
      if (!output) throw new RangeError(`expert ${expert} has rows but no output`);
      addScaled(x, row * width, output, (plan.positions[row * topK + rank]! - plan.starts[expert]!) * width, gates[at]!, width);
    }
  }
}

function addScaled(x: Float32Array, to: number, y: Float32Array, from: number, scale: number, width: number): void {
  for (let column = 0; column < width; column++) x[to + column]! += scale * y[from + column]!;
}
