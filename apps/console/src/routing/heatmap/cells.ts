/** What a map shows: one value and its reference for each expert (column) of each layer (row). */
export interface HeatmapCells {
  /** Number of the layer of each row. */
  readonly layers: readonly number[];
  readonly experts: number;
  /** Share of each cell, 0 to 1, [rows x experts] row by row. */
  readonly values: Float64Array;
  /** What each is compared with, the same shape. */
  readonly references: Float64Array;
  /** log2(value / reference); -Infinity for a dead expert, NaN where there is no reference. */
  readonly logRatios: Float64Array;
}

export interface CellAt {
  readonly row: number;
  readonly expert: number;
}

/**
 * Puts a map together. `referenceOf` gives the references of a row, or one for all of its experts.
 * @throws RangeError where a row has not one value for each expert
 */
export function heatmapCells(rows: readonly { readonly layer: number; readonly values: readonly number[]; readonly references: readonly number[] | number }[], experts: number): HeatmapCells {
  const values = new Float64Array(rows.length * experts);
  const references = new Float64Array(rows.length * experts);
  for (const [row, { layer, values: own, references: theirs }] of rows.entries()) {
    if (own.length !== experts) throw new RangeError(`layer ${layer} has ${own.length} values for ${experts} experts`);
    values.set(own, row * experts);
    if (typeof theirs === 'number') references.fill(theirs, row * experts, (row + 1) * experts);
    else references.set(theirs, row * experts);
  }
  const logRatios = values.map((value, at) => logRatio(value, references[at]!));
  return { layers: rows.map(({ layer }) => layer), experts, values, references, logRatios };
}

/** log2 of value over reference: -Infinity where nothing came, NaN where there is nothing to compare with. */
export function logRatio(value: number, reference: number): number {
  if (!(reference > 0)) return value > 0 ? Infinity : Number.NaN;
  return Math.log2(value / reference);
}

/** Shares of gate mass: each expert's sum of gate weights over that of its layer. */
export function gateShares(gateMass: readonly number[]): number[] {
  const sum = gateMass.reduce((total, mass) => total + mass, 0);
  return gateMass.map((mass) => (sum > 0 ? mass / sum : 0));
}
