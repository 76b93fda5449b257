import { afterFailure, afterProbe, type Circuit, type CircuitLimits, closedCircuit, FAILURE_REASONS, type FailureReason } from './circuit.ts';

/** The health of one expert's component version, whichever releases of the engine it serves in. */
export class ExpertRecord {
  readonly failures: Record<FailureReason, number>;
  readonly #watchers = new Set<() => void>();
  #circuit: Circuit;

  constructor(nowMs: number) {
    this.#circuit = closedCircuit(nowMs);
    this.failures = noFailures();
  }

  get circuit(): Circuit {
    return this.#circuit;
  }

  fail(reason: FailureReason, nowMs: number, limits: CircuitLimits): void {
    this.failures[reason] += 1;
    this.#set(afterFailure(this.#circuit, reason, nowMs, limits));
  }

  /** @param failure null: the probe went well */
  probed(failure: FailureReason | null, nowMs: number, limits: CircuitLimits): void {
    if (failure !== null) this.failures[failure] += 1;
    this.#set(afterProbe(this.#circuit, failure, nowMs, limits));
  }

  /** Calls back whenever the circuit's state changes, until the returned function is called. */
  watch(changed: () => void): () => void {
    // A function of its own, as one release may watch a version in two places.
    const watcher = (): void => changed();
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  #set(circuit: Circuit): void {
    const { state } = this.#circuit;
    this.#circuit = circuit;
    if (circuit.state !== state) for (const watcher of this.#watchers) watcher();
  }
}

export function noFailures(): Record<FailureReason, number> {
  return Object.fromEntries(FAILURE_REASONS.map((reason) => [reason, 0])) as Record<FailureReason, number>;
}

/** The records of all experts that the engine's releases hold, by component version and name. */
export class ExpertRecords {
  readonly #held = new Map<string, { readonly record: ExpertRecord; holders: number }>();

  claim(sha256: string, name: string, nowMs: number): ExpertRecord {
    const key = `${sha256} ${name}`;
    const held = this.#held.get(key) ?? { record: new ExpertRecord(nowMs), holders: 0 };
    this.#held.set(key, held);
    held.holders += 1;
    return held.record;
  }

  /** Forgets an expert with its last holder: what is loaded again starts healthy. */
  release(sha256: string, name: string): void {
    const key = `${sha256} ${name}`;
    const held = this.#held.get(key);
    if (held && --held.holders === 0) this.#held.delete(key);
  }
}
