import { type LayerBalanceHistory } from '../api/gen/types.gen.ts';

type Layer = Pick<LayerBalanceHistory, 'layer' | 'now' | 'baseline' | 'isOutside' | 'entropyBits' | 'maxViolation'>;

/** Layers by how far their entropy is from the baseline's, those whose intervals are apart first. */
export function byDistance<T extends Layer>(layers: readonly T[]): readonly T[] {
  const distance = ({ now, baseline }: Layer): number => (baseline === null ? 0 : Math.abs(now.entropyBits - baseline.entropyBits));
  return layers.toSorted((a, b) => Number(b.isOutside) - Number(a.isOutside) || distance(b) - distance(a) || a.layer - b.layer);
}

/** From the least to the largest value of all layers, so that their lines can be compared. */
export function sharedRange(layers: readonly Layer[], measure: 'entropyBits' | 'maxViolation'): readonly [number, number] {
  const values = layers.flatMap((layer) => [...layer[measure], layer.now[measure], layer.baseline?.[measure] ?? null]).filter((value) => value !== null);
  return values.length === 0 ? [0, 1] : [Math.min(...values), Math.max(...values)];
}
