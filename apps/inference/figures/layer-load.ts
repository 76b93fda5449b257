import { type ExpertFigures } from '#libs/runtime/engine/engine';

/** Load of one layer in a span of time. */
export interface LayerLoad {
  readonly layer: number;
  /** Tokens that its experts ran: tokens times top-k. */
  readonly assignments: number;
  /** Share of the busiest expert. */
  readonly topShare: number;
}

/** Per layer only: a label for each expert would make thousands of series. */
export function layerLoads(experts: readonly Pick<ExpertFigures, 'layer' | 'tokens'>[]): LayerLoad[] {
  const sums = new Map<number, { assignments: number; top: number }>();
  for (const { layer, tokens } of experts) {
    const sum = sums.get(layer) ?? { assignments: 0, top: 0 };
    sums.set(layer, { assignments: sum.assignments + tokens, top: Math.max(sum.top, tokens) });
  }
  return Array.from(sums, ([layer, { assignments, top }]) => ({ layer, assignments, topShare: assignments === 0 ? 0 : top / assignments }));
}
