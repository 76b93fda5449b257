/**
 * Experts that one request must not use, as bits: expert e of layer l is masked where bit e % 32 of
 * words[l * wordsPerLayer + floor(e / 32)] is set. Bits past the last expert are 0.
 */
export interface ExpertMask {
  readonly wordsPerLayer: number;
  /** [layers][wordsPerLayer] */
  readonly words: Uint32Array;
}

const WORD_BITS = 32;

export function maskWords(experts: number): number {
  return Math.ceil(experts / WORD_BITS);
}

/** A mask that masks nothing yet. */
export function newExpertMask(layers: number, experts: number): ExpertMask {
  const wordsPerLayer = maskWords(experts);
  return { wordsPerLayer, words: new Uint32Array(layers * wordsPerLayer) };
}

export function maskExpert({ wordsPerLayer, words }: ExpertMask, layer: number, expert: number): void {
  words[layer * wordsPerLayer + (expert >>> 5)]! |= 1 << (expert & 31);
}

export function isMasked({ wordsPerLayer, words }: ExpertMask, layer: number, expert: number): boolean {
  return isMaskedAt(words, layer * wordsPerLayer, expert);
}

/** The same for a layer whose words begin at `from`. */
export function isMaskedAt(words: Uint32Array, from: number, expert: number): boolean {
  return ((words[from + (expert >>> 5)]! >>> (expert & 31)) & 1) === 1;
}

/** Masked experts of one layer. */
export function maskedCount({ wordsPerLayer, words }: ExpertMask, layer: number): number {
  let count = 0;
  for (let at = layer * wordsPerLayer; at < (layer + 1) * wordsPerLayer; at++) {
    for (let word = words[at]!; word !== 0; word &= word - 1) count++;
  }
  return count;
}

/** Why a mask cannot serve a model of this shape, as a sentence; null where it can. */
export function maskFault(mask: ExpertMask, layers: number, experts: number): string | null {
  const fault = maskShapeFault(mask, layers, experts);
  if (fault !== null) return fault;
  for (let layer = 0; layer < layers; layer++) if (maskedCount(mask, layer) === experts) return `the mask leaves no expert in layer ${layer}`;
  return null;
}

/** Why a mask is not one of this shape, whatever it leaves; null where it is. */
export function maskShapeFault(mask: ExpertMask, layers: number, experts: number): string | null {
  const wordsPerLayer = maskWords(experts);
  if (mask.wordsPerLayer !== wordsPerLayer || mask.words.length !== layers * wordsPerLayer) {
    return `the mask has ${mask.words.length} words, ${mask.wordsPerLayer} for each layer; ${layers} layers of ${experts} experts have ${layers * wordsPerLayer}`;
  }
  const spare = experts % WORD_BITS;
  for (let layer = 0; layer < layers; layer++) {
    if (spare !== 0 && mask.words[(layer + 1) * wordsPerLayer - 1]! >>> spare !== 0) return `the mask of layer ${layer} names an expert beyond ${experts - 1}`;
  }
  return null;
}
