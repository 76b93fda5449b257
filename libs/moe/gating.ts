/** How router logits become a selection. */
export interface GatingSettings {
  readonly experts: number;
  /** Experts selected for each token; at most `experts`. */
  readonly topK: number;
  /** True: gates are divided by their sum, which equals a softmax over the selected logits alone. */
  readonly normalise: boolean;
}

/** Where a layer's selections go: row r's k values start at offset + r * rowStride. */
export interface SelectionTarget {
  readonly expertIds: Uint16Array;
  readonly gates: Float32Array;
  readonly offset: number;
  readonly rowStride: number;
}

/** A router gave a logit that is not a number, or only infinite ones: its weights are damaged. */
export class RouterLogitsError extends Error {
  override readonly name = 'RouterLogitsError';
  readonly row: number;

  constructor(row: number) {
    super(`the router's logits of row ${row} hold NaN or infinity; check the router's weights`);
    this.row = row;
  }
}

/**
 * Softmax top-k gating (Shazeer et al. 2017; Mixtral, Jiang et al. 2024) of `rows` tokens.
 * logits is [rows][experts] from logitsOffset; the selection is written to `target`, experts by
 * descending gate, equal ones by ascending id. Allocates nothing.
 *
 * gate_e = exp(l_e - l_max) / sum over the selected experts (normalise) or over all of them.
 * @throws RouterLogitsError
 */
export function selectExperts(
  logits: Float32Array,
  logitsOffset: number,
  rows: number,
  settings: GatingSettings,
  target: SelectionTarget,
): void {
  const { experts, topK, normalise } = settings;
  const { expertIds, gates, offset, rowStride } = target;
  for (let row = 0; row < rows; row++) {
    const from = logitsOffset + row * experts;
    const to = offset + row * rowStride;
    selectRow(logits, from, experts, topK, row, expertIds, gates, to);
    // The gates hold the selected logits until here.
    const largest = gates[to]!;
    let sum = 0;
    if (normalise) for (let rank = 0; rank < topK; rank++) sum += Math.exp(gates[to + rank]! - largest);
    else for (let expert = 0; expert < experts; expert++) sum += Math.exp(logits[from + expert]! - largest);
    if (!(sum > 0 && sum < Infinity)) throw new RouterLogitsError(row);
    for (let rank = 0; rank < topK; rank++) gates[to + rank] = Math.exp(gates[to + rank]! - largest) / sum;
  }
}

/** Insertion into a short sorted list: k is small, and a strict comparison leaves ties to the lower id. */
function selectRow(
  logits: Float32Array,
  from: number,
  experts: number,
  topK: number,
  row: number,
  expertIds: Uint16Array,
  gates: Float32Array,
  to: number,
): void {
  for (let expert = 0; expert < experts; expert++) {
    const logit = logits[from + expert]!;
    if (Number.isNaN(logit)) throw new RouterLogitsError(row);
    let rank = expert < topK ? expert : topK;
    while (rank > 0 && logit > gates[to + rank - 1]!) {
      if (rank < topK) {
        gates[to + rank] = gates[to + rank - 1]!;
        expertIds[to + rank] = expertIds[to + rank - 1]!;
      }
      rank--;
    }
    if (rank < topK) {
      gates[to + rank] = logit;
      expertIds[to + rank] = expert;
    }
  }
}
