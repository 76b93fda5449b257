import { maxViolation } from '#libs/stats/balance';

/** [layers][experts]: selections. */
export type Usage = readonly (readonly number[])[];
/** [layers][experts], in logits. */
export type Bias = readonly (readonly number[])[];

const RATE_FALL = 0.85;
/** Added to loads, in shares of the mean: an expert that nobody chose has a finite distance from it. */
const LEAST_SHARE = 0.02;
const DECIMALS = 1e4;

/** No bias at all. */
export function noBias(layers: number, experts: number): Bias {
  return Array.from({ length: layers }, () => Array<number>(experts).fill(0));
}

/**
 * The bias after each round: b_e += rate * 0.85^round * ln(mean load / load_e), then shifted to mean 0, which
 * changes no choice. The direction is that of auxiliary-loss-free load balancing (Wang et al. 2024,
 * algorithm 1: b_e += u * sign(mean load - load_e)); the size follows the distance, since here a handful of
 * rounds must do what there takes a training.
 * @param usage of each round, with the bias of the one before it
 * @returns rounds + 1 biases, the first is none
 */
export function biasesOf(usage: readonly Usage[], rate: number, layers: number, experts: number): readonly Bias[] {
  const biases: Bias[] = [noBias(layers, experts)];
  for (const [round, loads] of usage.entries()) biases.push(loads.map((load, layer) => moved(biases[round]![layer]!, load, rate * RATE_FALL ** round)));
  return biases;
}

function moved(bias: readonly number[], load: readonly number[], rate: number): readonly number[] {
  const mean = load.reduce((sum, one) => sum + one, 0) / load.length;
  if (mean === 0) return bias;
  const next = bias.map((one, expert) => one - rate * Math.log((load[expert]! / mean + LEAST_SHARE) / (1 + LEAST_SHARE)));
  const centre = next.reduce((sum, one) => sum + one, 0) / next.length;
  return next.map((one) => Math.round((one - centre) * DECIMALS) / DECIMALS);
}

/** Mean over the layers of max load / mean load - 1 (MaxVio, Wang et al. 2024, equation 4). */
export function meanViolation(usage: Usage): number {
  return usage.reduce((sum, load) => sum + (maxViolation(load) ?? 0), 0) / usage.length;
}

/** The bias whose usage was the most even; the earliest of equals. @param usage of each round, with biases[round] */
export function mostEven(usage: readonly Usage[], biases: readonly Bias[]): Bias {
  let best = 0;
  for (const [round, loads] of usage.entries()) if (meanViolation(loads) < meanViolation(usage[best]!)) best = round;
  return biases[best]!;
}

/** A part of a bias, on top of what the release has. */
export function scaledBias(bias: Bias, strength: number, own: Bias): Bias {
  return bias.map((row, layer) => row.map((value, expert) => Math.round((own[layer]![expert]! + strength * value) * DECIMALS) / DECIMALS));
}
