import { type SelectionTarget } from './gating.ts';

/** Which of a step's rows each expert gets, in buffers that are used again. */
export interface DispatchPlan {
  /** [experts + 1]: expert e's rows are packed at starts[e] up to starts[e + 1]. */
  readonly starts: Uint32Array;
  /** [rows * topK]: packed position of each assignment, [row][rank]; UNUSED where no expert runs. */
  readonly positions: Uint32Array;
}

/** Position of a rank that no expert serves. */
const UNUSED = 0xffff_ffff;

/** Which decisions of a layer may have unused ranks: those whose byte has one of `bits`; row r's is at offset + r * rowStride. */
export interface PartialRows {
  readonly marks: Uint8Array;
  readonly offset: number;
  readonly rowStride: number;
  readonly bits: number;
}

export function newDispatchPlan(experts: number, rows: number, topK: number): DispatchPlan {
  return { starts: new Uint32Array(experts + 1), positions: new Uint32Array(rows * topK) };
}

/**
 * Sorts the assignments of one layer by expert, rows in ascending order within each (counting sort).
 * Row r's k expert ids and gates start at offset + r * rowStride of `selection`. In rows that `partial`
 * marks, a rank with gate 0 is unused: no expert gets the row for it.
 */
export function planDispatch(plan: DispatchPlan, selection: SelectionTarget, rows: number, topK: number, partial: PartialRows | null = null): void {
  const { starts, positions } = plan;
  const { expertIds, offset, rowStride } = selection;
  starts.fill(0);
  for (let row = 0; row < rows; row++) {
    for (let rank = 0; rank < topK; rank++) starts[expertIds[offset + row * rowStride + rank]! + 1]! += 1;
  }
  if (partial !== null) uncountUnused(starts, selection, rows, topK, partial);
  for (let expert = 1; expert < starts.length; expert++) starts[expert]! += starts[expert - 1]!;
  // Each start walks to the next one's place and is set back below.
  for (let row = 0; row < rows; row++) {
    for (let rank = 0; rank < topK; rank++) {
      const at = offset + row * rowStride + rank;
      if (partial !== null && isUnused(selection, at, row, partial)) {
        positions[row * topK + rank] = UNUSED;
        continue;
      }
      const expert = expertIds[at]!;
      positions[row * topK + rank] = starts[expert]!;
      starts[expert]! += 1;
    }
  }
  starts.copyWithin(1, 0, starts.length - 1);
  starts[0] = 0;
}

function uncountUnused(starts: Uint32Array, selection: SelectionTarget, rows: number, topK: number, partial: PartialRows): void {
  for (let row = 0; row < rows; row++) {
    for (let rank = 0; rank < topK; rank++) {
      const at = selection.offset + row * selection.rowStride + rank;
      if (isUnused(selection, at, row, partial)) starts[selection.expertIds[at]! + 1]! -= 1;
    }
  }
}

function isUnused({ gates }: SelectionTarget, at: number, row: number, { marks, offset, rowStride, bits }: PartialRows): boolean {
  return gates[at] === 0 && (marks[offset + row * rowStride]! & bits) !== 0;
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
    for (let rank = 0; rank < topK; rank++) {
      const position = plan.positions[(firstRow + row) * topK + rank]!;
      if (position !== UNUSED) packed.set(values, position * width);
    }
  }
}

/**
 * x[row] += sum over rank of gate * the expert's output, in order of rank: a row's bits depend on its
 * own experts alone. outputs holds each expert's rows as packed, null for an expert without rows.
 * Unused ranks add nothing.
 */
export function combineRows(
  plan: DispatchPlan,
  x: Float32Array,
  rows: number,
  topK: number,
  width: number,
  selection: SelectionTarget,
  outputs: readonly (Float32Array | null)[],
): void {
  const { expertIds, gates, offset, rowStride } = selection;
  for (let row = 0; row < rows; row++) {
    for (let rank = 0; rank < topK; rank++) {
      const position = plan.positions[row * topK + rank]!;
      if (position === UNUSED) continue;
      const at = offset + row * rowStride + rank;
      const expert = expertIds[at]!;
      const output = outputs[expert];
      if (!output) throw new RangeError(`expert ${expert} has rows but no output`);
      addScaled(x, row * width, output, (position - plan.starts[expert]!) * width, gates[at]!, width);
    }
  }
}

function addScaled(x: Float32Array, to: number, y: Float32Array, from: number, scale: number, width: number): void {
  for (let column = 0; column < width; column++) x[to + column]! += scale * y[from + column]!;
}
