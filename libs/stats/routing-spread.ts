/**
 * How evenly the tokens of one request use the experts, 0 to 1: for each layer the entropy H of its expert
 * usage, in bits, on the scale from log2 k (every token goes to the same k experts) to log2 E (all experts
 * alike), and the mean of that over the layers. A prompt of one repeated token comes out near 0, which is
 * how the RepetitionCurse attack (arXiv 2512.23995) loads a single expert of each layer.
 *
 * 1 where k = E or nothing was counted: nothing can be told.
 * @param counts selections, [layer][expert]
 */
export function routingSpread(counts: ArrayLike<number>, layers: number, experts: number, topK: number): number {
  const leastBits = Math.log2(topK);
  const range = Math.log2(experts) - leastBits;
  if (!(range > 0)) return 1;
  let sum = 0;
  for (let layer = 0; layer < layers; layer++) {
    let total = 0;
    for (let expert = 0; expert < experts; expert++) total += counts[layer * experts + expert] ?? 0;
    if (total === 0) return 1;
    let bits = 0;
    for (let expert = 0; expert < experts; expert++) {
      const share = (counts[layer * experts + expert] ?? 0) / total;
      if (share > 0) bits -= share * Math.log2(share);
    }
    sum += Math.min(Math.max((bits - leastBits) / range, 0), 1);
  }
  return sum / layers;
}
