/** What expert choice writes, [rows][topK] each, from row 0. */
export interface ExpertChoices {
  readonly expertIds: Uint16Array;
  readonly gates: Float32Array;
  /** [rows]: how many ranks of each row an expert serves. */
  readonly served: Uint16Array;
  /** [rows]: gates of picks beyond topK, which no rank was left for. */
  readonly lost: Float32Array;
}

/**
 * Expert choice (Zhou et al. 2022, "Mixture-of-Experts with Expert Choice Routing", section 3.2):
 * S = softmax of each row's logits over the experts; each expert picks the `tokens` rows with its
 * largest S, ties to the lowest row; a pick's gate is S, not normalised.
 *
 * A row may be picked by many experts or by none. Only topK of its picks have a rank: those of largest
 * gate, ties to the lowest id (the paper's section 4.4 caps them too). The choice of one row depends on
 * all others, so whoever shares the batch takes part in it.
 * @param logits [rows][experts]
 * @param open [rows][experts]: 1 where the expert may serve the row
 */
export function chooseByExpert(logits: Float64Array, open: Uint8Array, rows: number, experts: number, topK: number, tokens: number, into: ExpertChoices): void {
  const shares = new Float64Array(rows * experts);
  for (let row = 0; row < rows; row++) softmaxRow(logits, open, row * experts, experts, shares);
  const picked = new Uint8Array(rows * experts);
  for (let expert = 0; expert < experts; expert++) {
    const candidates = Array.from({ length: rows }, (_, row) => row).filter((row) => open[row * experts + expert] === 1);
    candidates.sort((a, b) => shares[b * experts + expert]! - shares[a * experts + expert]! || a - b);
    for (const row of candidates.slice(0, tokens)) picked[row * experts + expert] = 1;
  }
  for (let row = 0; row < rows; row++) {
    const picks = Array.from({ length: experts }, (_, expert) => expert).filter((expert) => picked[row * experts + expert] === 1);
    const share = (expert: number): number => shares[row * experts + expert]!;
    picks.sort((a, b) => share(b) - share(a) || a - b);
    into.served[row] = Math.min(picks.length, topK);
    into.lost[row] = picks.slice(topK).reduce((sum, expert) => sum + share(expert), 0);
    for (let rank = 0; rank < topK; rank++) {
      const expert = picks[rank];
      into.expertIds[row * topK + rank] = expert ?? picks[0] ?? firstOpen(open, row * experts, experts);
      into.gates[row * topK + rank] = expert === undefined ? 0 : share(expert);
    }
  }
}

function softmaxRow(logits: Float64Array, open: Uint8Array, from: number, experts: number, shares: Float64Array): void {
  let largest = -Infinity;
  for (let at = from; at < from + experts; at++) if (open[at] === 1) largest = Math.max(largest, logits[at]!);
  let sum = 0;
  for (let at = from; at < from + experts; at++) if (open[at] === 1) sum += Math.exp(logits[at]! - largest);
  for (let at = from; at < from + experts; at++) shares[at] = open[at] === 1 ? Math.exp(logits[at]! - largest) / sum : 0;
}

function firstOpen(open: Uint8Array, from: number, experts: number): number {
  for (let expert = 0; expert < experts; expert++) if (open[from + expert] === 1) return expert;
  return 0;
}
