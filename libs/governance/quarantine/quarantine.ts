import { type ExpertMask, maskExpert, newExpertMask } from '#libs/moe/expert-mask';

/** An expert that an operator took out of service. */
export interface QuarantinedExpert {
  readonly layer: number;
  readonly expert: number;
  /** null: in every release of the model. */
  readonly releaseId: string | null;
}

/** What of a release quarantines are held against. */
export interface QuarantineShape {
  readonly releaseId: string;
  readonly layers: number;
  readonly experts: number;
  readonly topK: number;
}

/** Those quarantines that concern a release: an expert that it does not have is none of its own. */
export function concerning<T extends QuarantinedExpert>(quarantines: readonly T[], { releaseId, layers, experts }: Pick<QuarantineShape, 'releaseId' | 'layers' | 'experts'>): readonly T[] {
  return quarantines.filter((one) => (one.releaseId === null || one.releaseId === releaseId) && one.layer < layers && one.expert < experts);
}

/** The experts of a release that must not serve, by layer; null where all may. */
export function quarantineMask(quarantines: readonly QuarantinedExpert[], shape: Pick<QuarantineShape, 'releaseId' | 'layers' | 'experts'>): ExpertMask | null {
  const held = concerning(quarantines, shape);
  if (held.length === 0) return null;
  const mask = newExpertMask(shape.layers, shape.experts);
  for (const { layer, expert } of held) maskExpert(mask, layer, expert);
  return mask;
}

/** Experts of each layer that no quarantine holds. [layers] */
export function expertsLeft(quarantines: readonly QuarantinedExpert[], shape: Pick<QuarantineShape, 'releaseId' | 'layers' | 'experts'>): Uint32Array {
  const left = new Uint32Array(shape.layers).fill(shape.experts);
  // The same expert can be held twice: in all releases, and in this one.
  const places = new Set(concerning(quarantines, shape).map(({ layer, expert }) => layer * shape.experts + expert));
  for (const place of places) left[Math.floor(place / shape.experts)]! -= 1;
  return left;
}
