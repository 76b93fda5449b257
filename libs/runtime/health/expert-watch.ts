import { type FailureReason } from './circuit.ts';
import { type HealthLimits } from './health-limits.ts';
import { type ExpertPlace, type ReleaseHealth } from './release-health.ts';

/** What a probe gave. */
export interface ProbeOutcome {
  /** null: the numbers that the expert gave when it was loaded. */
  readonly failure: Extract<FailureReason, 'error' | 'not-finite' | 'wrong-output'> | null;
  /** Rows of the probe. */
  readonly tokens: number;
  readonly durationMs: number;
}

export interface ExpertWatchOptions {
  readonly health: ReleaseHealth;
  readonly limits: HealthLimits;
  /** Probes one expert, between steps. */
  readonly probe: (layer: number, expert: number) => Promise<ProbeOutcome>;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

/** Runs of a suspect, each followed by one of a peer: a stall of the machine strikes both. */
const TRIALS = 5;
/** Least difference that counts, whatever the factor: clocks and caches make that much. */
const TRIAL_FLOOR_MS = 1;

/** Longest between two looks at what is due. */
const MAX_LOOK_MS = 250;
/** Probes of one look: a storm must not hold up steps. */
const PROBES_A_LOOK = 8;
/** A patrol rests so many times as long as its probe took: at most 1% of the time goes into it. */
const PATROL_REST = 99;

/** Probes experts of a release beside its steps: those out of service when they are due, the others in turn. */
export class ExpertWatch {
  readonly #options: ExpertWatchOptions;
  readonly #timer: NodeJS.Timeout;
  #patrolAtMs: number;
  #looking: Promise<void> | null = null;
  #isStopped = false;

  constructor(options: ExpertWatchOptions) {
    const { firstProbeMs, patrolMs } = options.limits;
    this.#options = options;
    this.#patrolAtMs = options.now() + patrolMs;
    const lookMs = Math.max(Math.min(firstProbeMs, patrolMs === 0 ? MAX_LOOK_MS : patrolMs, MAX_LOOK_MS), 1);
    this.#timer = setInterval(() => {
      this.#looking ??= this.#look().finally(() => {
        this.#looking = null;
      });
    }, lookMs);
    this.#timer.unref();
  }

  /** Resolves when no probe runs any more. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    clearInterval(this.#timer);
    await this.#looking;
  }

  async #look(): Promise<void> {
    const { health, limits, now } = this.#options;
    for (let probes = 0; probes < PROBES_A_LOOK && !this.#isStopped; probes++) {
      const due = health.dueProbe(now());
      if (due === null) break;
      await this.#probe(due);
    }
    const suspect = health.nextSuspect();
    if (suspect !== null) await this.#try(suspect);
    if (limits.patrolMs === 0 || now() < this.#patrolAtMs || this.#isStopped) return;
    const next = health.nextPatrol();
    const durationMs = next === null ? 0 : await this.#probe(next);
    this.#patrolAtMs = now() + Math.max(limits.patrolMs, PATROL_REST * durationMs);
  }

  /**
   * Compares a suspect with its peers, in turn. Its runs in service alone do not convict it: one expert
   * may have run while the machine was busy, and the others before and after.
   */
  async #try(suspect: ExpertPlace): Promise<void> {
    const { health, limits, now } = this.#options;
    const peers = health.peersOf(suspect);
    const own: number[] = [];
    const others: number[] = [];
    for (let trial = 0; trial < TRIALS && peers.length > 0 && !this.#isStopped; trial++) {
      own.push(await this.#probe(suspect));
      others.push(await this.#probe(peers[trial % peers.length]!));
    }
    if (this.#isStopped) return;
    health.judged(suspect, isSlower(own, others, limits.slowFactor), now());
  }

  async #probe({ layer, expert }: ExpertPlace): Promise<number> {
    const { health, probe, now } = this.#options;
    const { failure, tokens, durationMs } = await probe(layer, expert);
    health.probed(layer, expert, failure, tokens, durationMs, now());
    return durationMs;
  }
}

/** By the median of its own runs and the lower quartile of the peers', of which half may be slow too. */
function isSlower(own: readonly number[], others: readonly number[], factor: number): boolean {
  if (own.length === 0) return false;
  const ascending = (values: readonly number[]): number[] => values.toSorted((a, b) => a - b);
  const mine = ascending(own)[own.length >> 1]!;
  const theirs = ascending(others)[others.length >> 2]!;
  return mine > factor * theirs && mine > theirs + TRIAL_FLOOR_MS;
}
