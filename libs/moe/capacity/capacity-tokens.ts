/** What a product may be above a whole number by rounding alone. */
const ROUNDING = 1e-9;

/**
 * Expert capacity in rows: C = ceil(factor * tokens * topK / experts), after Fedus et al. 2022
 * (equation 3, with topK = 1) and Lepikhin et al. 2021 (section 2.2, with topK = 2).
 */
export function capacityTokens(factor: number, tokens: number, topK: number, experts: number): number {
  return Math.ceil((factor * tokens * topK) / experts - ROUNDING);
}

/**
 * Capacity of one request for the row at `position` (from 0). The prompt has the capacity of its whole
 * length from its first row on, so earlier positions win, as in Hugging Face's Switch; each later row
 * adds its share. It depends on the prompt's length and the position, never on chunks or on others.
 */
export function requestAllowance(factor: number, position: number, promptTokens: number, topK: number, experts: number): number {
  return capacityTokens(factor, Math.max(position + 1, promptTokens), topK, experts);
}
