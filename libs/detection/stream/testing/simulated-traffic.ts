import { type RoutingTrace } from '#libs/trace/trace';

/** A router by token with some context; for simulations in tests and benchmarks. */
export interface SimulatedRouter {
  readonly experts: number;
  readonly topK: number;
  /** Logits of each token, [token][experts]. */
  readonly logits: Float64Array;
}

/** Tokens that a kind of traffic uses, most frequent first. */
export interface SimulatedDomain {
  readonly tokens: readonly number[];
  /** What its contexts add to the logits, [experts]. */
  readonly context: readonly number[];
}

export function simulatedRouter(tokens: number, experts: number, topK: number, random: () => number): SimulatedRouter {
  return { experts, topK, logits: Float64Array.from({ length: tokens * experts }, () => 2 * normal(random)) };
}

export function simulatedDomain(tokens: readonly number[], experts: number, contextStrength: number, random: () => number): SimulatedDomain {
  const order = tokens.map((token) => ({ token, key: random() })).toSorted((a, b) => a.key - b.key);
  return { tokens: order.map(({ token }) => token), context: Array.from({ length: experts }, () => contextStrength * normal(random)) };
}

/** The same router with its experts' logits turned into one another. */
export function permuted(router: SimulatedRouter, permutation: readonly number[]): SimulatedRouter {
  const { experts, logits } = router;
  return { ...router, logits: logits.map((_, at) => logits[at - (at % experts) + permutation[at % experts]!]!) };
}

/** The same router with something added to the logits of one expert. */
export function biased(router: SimulatedRouter, expert: number, bias: number): SimulatedRouter {
  return { ...router, logits: router.logits.map((logit, at) => (at % router.experts === expert ? logit + bias : logit)) };
}

/** One request of `rows` tokens through one layer: tokens by Zipf's law, each request with a taste of its own. */
export function simulatedTrace({ experts, topK, logits }: SimulatedRouter, { tokens, context }: SimulatedDomain, rows: number, random: () => number): RoutingTrace {
  const own = Array.from({ length: experts }, (_, j) => context[j]! + 0.2 * normal(random));
  const favourites = Math.floor(random() * 20);
  const tokenIds = new Uint32Array(rows);
  const expertIds = new Uint16Array(rows * topK);
  const scores = new Float64Array(experts);
  for (let row = 0; row < rows; row += 1) {
    // The inverse of a law near 1/rank; some tokens come back within a request.
    const rank = Math.min(tokens.length - 1, Math.floor(tokens.length ** random()) - 1);
    const token = tokens[random() < 0.2 ? favourites % tokens.length : rank]!;
    tokenIds[row] = token;
    for (let j = 0; j < experts; j += 1) scores[j] = logits[token * experts + j]! + own[j]! + 0.5 * normal(random);
    for (let k = 0; k < topK; k += 1) {
      let best = 0;
      for (let j = 1; j < experts; j += 1) if (scores[j]! > scores[best]!) best = j;
      expertIds[row * topK + k] = best;
      scores[best] = -Infinity;
    }
  }
  return { layers: 1, experts, topK, promptRows: rows, choiceRows: [], tokenIds, expertIds, gates: new Float32Array(rows * topK).fill(1 / topK), flagged: [] };
}

/** Box & Muller 1958. */
function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
