import { correlatedRequest, seededRandom } from '#libs/stats/testing/random-requests';
import { type EvidenceBatch, type FeedbackOutcome, type RequestOutcome, type ShadowOutcome, type Side } from '../evidence.ts';

/** How much worse the candidate is; 0 or 1 (factors) where it is not. */
export interface Harm {
  /** Added to the share of requests that fail. */
  readonly errorRate: number;
  /** On all durations. */
  readonly latencyFactor: number;
  /** Added to the share of tokens whose likeliest next token differs in the shadow. */
  readonly argmax: number;
  /** Taken off the mean score. */
  readonly feedback: number;
  /** Share of selections that move from the first expert to the last. */
  readonly routing: number;
}

export const NO_HARM: Harm = { errorRate: 0, latencyFactor: 1, argmax: 0, feedback: 0, routing: 0 };

const EXPERT_SHARES = [0.3, 0.2, 0.15, 0.1, 0.1, 0.05, 0.05, 0.05];
const LAYERS = 2;
const TOKENS = 20;
const SESSIONS = 150;
const SESSION_REQUESTS = 8;
const REQUESTS_PER_TICK = 12;
const BASE = { errors: 0.01, argmax: 0.05, score: 0.8, durationMs: 200 };

interface Session {
  /** Decides the side for as long as the share stays. */
  readonly draw: number;
  readonly latency: number;
  readonly isFragile: boolean;
  readonly taste: number;
}

/**
 * Made-up traffic that is as unkind as the real: requests come in sessions that stay on one side and differ
 * in speed and luck, durations have a heavy tail, tokens of a request route alike, the day moves both
 * sides, and now and then an incident meets both. All from one seed.
 */
export class SimulatedTraffic {
  readonly #random: () => number;
  readonly #harm: Harm;
  readonly #sessions: Session[];
  readonly #usage = { candidate: emptyLayers(), stable: emptyLayers() };
  #tick = 0;
  #incident = false;

  constructor(seed: number, harm: Harm) {
    this.#random = seededRandom(seed);
    this.#harm = harm;
    this.#sessions = Array.from({ length: SESSIONS }, () => this.#newSession());
  }

  /** What one look finds, while the candidate has this share of the requests. */
  next(share: number): EvidenceBatch {
    this.#tick += 1;
    this.#incident = this.#random() < (this.#incident ? 0.9 : 0.01);
    const requests: RequestOutcome[] = [];
    const shadows: ShadowOutcome[] = [];
    const feedback: FeedbackOutcome[] = [];
    for (let n = this.#count(); n > 0; n -= 1) {
      const session = this.#session();
      const side: Side = session.draw < share ? 'candidate' : 'stable';
      requests.push(this.#request(side, session));
      this.#route(side);
      if (side === 'stable' && this.#random() < 0.2) shadows.push(this.#shadow(session));
      if (this.#random() < 0.1) feedback.push(this.#score(side, session));
    }
    const copy = (layers: Layer[]) => layers.map(({ load, ...same }) => ({ ...same, load: [...load] }));
    return { requests, shadows, feedback, usage: { candidate: copy(this.#usage.candidate), stable: copy(this.#usage.stable) } };
  }

  #request(side: Side, session: Session): RequestOutcome {
    const harmed = side === 'candidate' ? this.#harm : NO_HARM;
    const rate = BASE.errors * (session.isFragile ? 6 : 0.75) * (this.#incident ? 8 : 1) + harmed.errorRate;
    const day = 1 + 0.3 * Math.sin(this.#tick / 60);
    const tail = this.#random() < 0.02 ? this.#random() ** -0.7 : 1;
    const durationMs = BASE.durationMs * session.latency * day * tail * harmed.latencyFactor * (this.#incident ? 1.5 : 1) * Math.exp(0.6 * this.#normal());
    return { side, status: this.#random() < rate ? 'failed' : 'answered', durationMs, timeToFirstTokenMs: durationMs / 5, completionTokens: TOKENS };
  }

  #shadow({ taste }: Session): ShadowOutcome {
    const argmaxDisagreement = clamp(BASE.argmax + this.#harm.argmax + 0.02 * taste + 0.04 * this.#normal());
    return { argmaxDisagreement, meanKlBits: argmaxDisagreement, meanLogLikelihoodDifference: 0, decisionDisagreement: [0.02, 0.04] };
  }

  #score(side: Side, { taste }: Session): FeedbackOutcome {
    const mean = BASE.score + 0.1 * clamp(taste, -1, 1) - (side === 'candidate' ? this.#harm.feedback : 0);
    return { side, score: this.#random() < mean ? 1 : 0 };
  }

  #route(side: Side): void {
    const moved = side === 'candidate' ? this.#harm.routing : 0;
    const shares = EXPERT_SHARES.map((share, expert) => share + (expert === 0 ? -moved : expert === EXPERT_SHARES.length - 1 ? moved : 0));
    for (const layer of this.#usage[side]) {
      const counts = correlatedRequest(this.#random, shares, TOKENS, 0.05);
      layer.requests += 1;
      for (const [expert, count] of counts.entries()) layer.load[expert]! += count;
    }
  }

  /** One for each request: a session goes on or, after some requests on average, makes room for another. */
  #session(): Session {
    const at = Math.floor(this.#random() * SESSIONS);
    if (this.#random() < 1 / SESSION_REQUESTS) this.#sessions[at] = this.#newSession();
    return this.#sessions[at]!;
  }

  #newSession(): Session {
    return { draw: this.#random(), latency: Math.exp(0.3 * this.#normal()), isFragile: this.#random() < 0.05, taste: this.#normal() };
  }

  #count(): number {
    return Math.round(REQUESTS_PER_TICK * (0.5 + this.#random()));
  }

  /** Box and Muller 1958. */
  #normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.#random())) * Math.cos(2 * Math.PI * this.#random());
  }
}

interface Layer {
  requests: number;
  droppedSelections: number;
  load: number[];
}

function emptyLayers(): Layer[] {
  return Array.from({ length: LAYERS }, () => ({ requests: 0, droppedSelections: 0, load: EXPERT_SHARES.map(() => 0) }));
}

function clamp(x: number, low = 0, high = 1): number {
  return Math.min(high, Math.max(low, x));
}
