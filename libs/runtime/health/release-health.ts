import { type ExpertMask, isMasked, maskedCount, maskExpert, newExpertMask } from '#libs/moe/expert-mask';
import { expertName } from '#libs/release/component';
import { type Circuit, type FailureReason } from './circuit.ts';
import { type ExpertRecord, type ExpertRecords, noFailures } from './expert-records.ts';
import { type HealthLimits } from './health-limits.ts';
import { LatencyBook } from './latency-book.ts';

/** The experts of a release: how many, and their component versions by name. */
export interface HealthShape {
  readonly layers: number;
  readonly experts: number;
  readonly components: Readonly<Record<string, string>>;
}

/** A change of one expert's circuit. */
export interface ExpertChange {
  readonly layer: number;
  readonly expert: number;
  readonly state: Circuit['state'];
  readonly reason: FailureReason | null;
}

export interface ExpertPlace {
  readonly layer: number;
  readonly expert: number;
}

/** Circuits and counts of a release, in the monotonic time of those who ask. */
export interface HealthState {
  readonly quarantine: ExpertMask | null;
  readonly quarantinedAtMs: number;
  readonly broken: readonly (ExpertPlace & { readonly circuit: Circuit })[];
  readonly failures: Readonly<Record<FailureReason, number>>;
  readonly exhaustedLayers: readonly number[];
}

/**
 * Which experts of a release serve: those that are neither quarantined nor out of service. It is told
 * of runs, failures and probes by whatever runs the experts, and knows nothing of how that works.
 * Times are monotonic milliseconds, given by the caller.
 */
export class ReleaseHealth {
  readonly #shape: HealthShape;
  readonly #limits: HealthLimits;
  readonly #claimed: ExpertRecords;
  /** [layer * experts + expert] */
  readonly #records: readonly ExpertRecord[];
  readonly #unwatch: readonly (() => void)[];
  readonly #latencies: LatencyBook;
  #quarantine: ExpertMask | null = null;
  #quarantinedAtMs = 0;
  #unavailable: ExpertMask | null = null;
  #exhausted: readonly number[] = [];
  #isStale = false;
  #patrolAt = 0;
  #openings = 0;
  /** Experts whose runs were slow; a busy machine may be the reason. */
  readonly #suspects = new Set<number>();

  constructor(shape: HealthShape, limits: HealthLimits, records: ExpertRecords, nowMs: number, changed: (change: ExpertChange) => void = () => undefined) {
    this.#shape = shape;
    this.#limits = limits;
    this.#claimed = records;
    this.#latencies = new LatencyBook(shape.experts, limits);
    const places = eachPlace(shape);
    this.#records = places.map(({ layer, expert }) => records.claim(...this.#version(layer, expert), nowMs));
    this.#unwatch = places.map(({ layer, expert }, at) => {
      const record = this.#records[at]!;
      return record.watch(() => {
        this.#isStale = true;
        const { state, reason } = record.circuit;
        if (state === 'open') this.#openings += 1;
        this.#latencies.forget(layer, expert);
        changed({ layer, expert, state, reason });
      });
    });
    this.#isStale = true;
  }

  /** Experts that take no token now; null where all do. Made anew when it changes, so a step may hold on to it. */
  get unavailable(): ExpertMask | null {
    this.#refresh();
    return this.#unavailable;
  }

  /** How often an expert was taken out of service: what was computed before may have been wrong. */
  get openings(): number {
    return this.#openings;
  }

  /** Layers with fewer experts left than the limit. */
  get exhaustedLayers(): readonly number[] {
    this.#refresh();
    return this.#exhausted;
  }

  quarantine(mask: ExpertMask | null, nowMs: number): void {
    this.#quarantine = mask;
    this.#quarantinedAtMs = nowMs;
    this.#isStale = true;
  }

  /** A run in service ended well. */
  ran(layer: number, expert: number, tokens: number, durationMs: number, nowMs: number): void {
    const isSlow = this.#latencies.observe(layer, expert, tokens, durationMs);
    if (durationMs > this.#limits.timeoutMs) this.fail(layer, expert, 'timeout', nowMs);
    else if (isSlow) this.#suspects.add(layer * this.#shape.experts + expert);
  }

  /** An expert whose runs have been slow, to be compared with its peers side by side; null where there is none. */
  nextSuspect(): ExpertPlace | null {
    for (const at of this.#suspects) {
      if (this.#records[at]!.circuit.state === 'closed') return this.#place(at);
      this.#suspects.delete(at);
    }
    return null;
  }

  /** Tells whether a suspect was slow beside its peers too. */
  judged({ layer, expert }: ExpertPlace, isSlow: boolean, nowMs: number): void {
    this.#suspects.delete(layer * this.#shape.experts + expert);
    this.#latencies.forget(layer, expert);
    if (isSlow) this.fail(layer, expert, 'slow', nowMs);
  }

  /** Other experts of the layer that serve, the next after it first. */
  peersOf({ layer, expert }: ExpertPlace): ExpertPlace[] {
    const { experts } = this.#shape;
    const others = Array.from({ length: experts - 1 }, (_, at) => ({ layer, expert: (expert + 1 + at) % experts }));
    return others.filter((peer) => this.#record(peer.layer, peer.expert).circuit.state === 'closed');
  }

  /** A run in service failed. */
  fail(layer: number, expert: number, reason: FailureReason, nowMs: number): void {
    this.#record(layer, expert).fail(reason, nowMs, this.#limits);
  }

  /** Tells what a probe over `tokens` rows gave. A slow one counts against an expert that is out of service for being slow. */
  probed(layer: number, expert: number, failure: FailureReason | null, tokens: number, durationMs: number, nowMs: number): void {
    const record = this.#record(layer, expert);
    const wasSlow = record.circuit.reason === 'slow' || record.circuit.reason === 'timeout';
    const limitMs = Math.min(this.#latencies.limitMs(layer, tokens), this.#limits.timeoutMs);
    record.probed(failure ?? (wasSlow && durationMs > limitMs ? record.circuit.reason : null), nowMs, this.#limits);
    // Experts of a layer seldom all run over one row; the patrol sees to it that their times over one are known.
    if (failure === null && record.circuit.state === 'closed') this.ran(layer, expert, tokens, durationMs, nowMs);
  }

  /** The expert out of service whose probe is due, the longest overdue first; null where none is. */
  dueProbe(nowMs: number): ExpertPlace | null {
    let due = -1;
    for (const [at, { circuit }] of this.#records.entries()) {
      if (circuit.probeAtMs === null || circuit.probeAtMs > nowMs) continue;
      if (due < 0 || circuit.probeAtMs < this.#records[due]!.circuit.probeAtMs!) due = at;
    }
    return due < 0 ? null : this.#place(due);
  }

  /** Takes turns over the experts that serve; null where none does. */
  nextPatrol(): ExpertPlace | null {
    for (let tries = 0; tries < this.#records.length; tries++) {
      const at = this.#patrolAt;
      this.#patrolAt = (at + 1) % this.#records.length;
      if (this.#records[at]!.circuit.state === 'closed') return this.#place(at);
    }
    return null;
  }

  state(): HealthState {
    const failures = noFailures();
    const broken: (ExpertPlace & { readonly circuit: Circuit })[] = [];
    for (const [at, record] of this.#records.entries()) {
      for (const [reason, count] of Object.entries(record.failures)) failures[reason as FailureReason] += count;
      if (record.circuit.state !== 'closed') broken.push({ ...this.#place(at), circuit: record.circuit });
    }
    return { quarantine: this.#quarantine, quarantinedAtMs: this.#quarantinedAtMs, broken, failures, exhaustedLayers: this.exhaustedLayers };
  }

  dispose(): void {
    for (const unwatch of this.#unwatch) unwatch();
    for (const { layer, expert } of eachPlace(this.#shape)) this.#claimed.release(...this.#version(layer, expert));
  }

  #refresh(): void {
    if (!this.#isStale) return;
    this.#isStale = false;
    const { layers, experts } = this.#shape;
    const mask = newExpertMask(layers, experts);
    for (const [at, { circuit }] of this.#records.entries()) {
      const { layer, expert } = this.#place(at);
      if (circuit.state !== 'closed' || (this.#quarantine !== null && isMasked(this.#quarantine, layer, expert))) maskExpert(mask, layer, expert);
    }
    const exhausted: number[] = [];
    for (let layer = 0; layer < layers; layer++) if (experts - maskedCount(mask, layer) < this.#limits.minimumExperts) exhausted.push(layer);
    this.#exhausted = exhausted;
    this.#unavailable = mask.words.some((word) => word !== 0) ? mask : null;
  }

  #record(layer: number, expert: number): ExpertRecord {
    return this.#records[layer * this.#shape.experts + expert]!;
  }

  #place(at: number): ExpertPlace {
    return { layer: Math.floor(at / this.#shape.experts), expert: at % this.#shape.experts };
  }

  #version(layer: number, expert: number): [sha256: string, name: string] {
    const name = expertName(layer, expert);
    return [this.#shape.components[name] ?? '', name];
  }
}

function eachPlace({ layers, experts }: HealthShape): ExpertPlace[] {
  return Array.from({ length: layers * experts }, (_, at) => ({ layer: Math.floor(at / experts), expert: at % experts }));
}
