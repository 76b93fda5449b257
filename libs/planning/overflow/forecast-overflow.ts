import { requestAllowance } from '#libs/moe/capacity/capacity-tokens';
import { type RoutingTrace } from '#libs/trace/trace';

/** What a capacity factor would do to one layer. */
export interface LayerOverflow {
  selections: number;
  dropped: number;
  /** Sum of the gates of all selections, and of those dropped. */
  gateMass: number;
  lostMass: number;
}

export function newLayerOverflow(): LayerOverflow {
  return { selections: 0, dropped: 0, gateMass: 0, lostMass: 0 };
}

/**
 * Adds what capacity of scope `request`, policy `drop`, would have dropped of one recorded request, layer by
 * layer. It is exact for the layer taken alone: what a drop changes in later layers is not seen. Selections
 * that no expert served then are left out.
 * @param into by layer
 */
export function addOverflow(trace: RoutingTrace, factor: number, into: readonly LayerOverflow[]): void {
  const { layers, experts, topK, promptRows, choiceRows, expertIds, gates } = trace;
  for (let layer = 0; layer < layers; layer++) {
    const overflow = into[layer]!;
    const counts = new Uint32Array(experts);
    const countRows = (own: Uint32Array, first: number, rows: number, position: number): void => {
      for (let row = 0; row < rows; row++) {
        const allowance = requestAllowance(factor, position + row, promptRows, topK, experts);
        for (let rank = 0; rank < topK; rank++) {
          const at = ((first + row) * layers + layer) * topK + rank;
          const gate = gates[at]!;
          if (gate === 0) continue;
          const expert = expertIds[at]!;
          overflow.selections += 1;
          overflow.gateMass += gate;
          if (own[expert]! < allowance) own[expert]! += 1;
          else {
            overflow.dropped += 1;
            overflow.lostMass += gate;
          }
        }
      }
    };
    countRows(counts, 0, promptRows, 0);
    let first = promptRows;
    // Choices share the prompt and go on from its counts, each for itself.
    for (const rows of choiceRows) {
      countRows(counts.slice(), first, rows, promptRows);
      first += rows;
    }
  }
}
