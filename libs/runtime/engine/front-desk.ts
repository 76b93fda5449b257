import { decideAdmission, type Admission } from './admission.ts';
import { type AdmissionFigures, type AdmissionSettings, DEFAULT_ADMISSION, type EndReason, type RefusalReason } from './admission-settings.ts';
import { type EngineLimits, type GenerateOutcome } from './engine.ts';
import { OUTPUT_COST, PROMPT_COST, weightOf } from './fair-shares.ts';
import { type Demand, Pace } from './pace.ts';
import { workAhead } from './queue-wait.ts';

/** A request at the desk. Times are of the monotonic clock. */
export interface Ask extends Demand {
  readonly tenant: string;
  readonly deadlineMs: number | null;
  readonly continues: boolean;
}

interface Guest extends Ask {
  readonly work: number;
  /** What it was expected to wait; null where that was not known, or it was to run at once. */
  readonly expectedWaitMs: number | null;
  running: boolean;
  /** Whether its prompt has been counted as done. */
  prompted: boolean;
}

interface Backlog {
  readonly weight: number;
  waiting: number;
  work: number;
}

/** Weight of the latest wait in the correction of estimates, and its bounds. */
const LATEST = 0.1;
const MOST_CORRECTION = 4;

/** Keeps account of the requests that are in the engine, and decides on those that come. */
export class FrontDesk {
  readonly #limits: EngineLimits;
  readonly #settings: AdmissionSettings;
  readonly #pace = new Pace();
  readonly #guests = new Map<number, Guest>();
  readonly #backlogs = new Map<string, Backlog>();
  readonly #refused: Record<RefusalReason, number> = { 'queue-full': 0, 'tenant-queue': 0, 'tenant-delay': 0, 'queue-delay': 0, deadline: 0 };
  readonly #ended: Record<EndReason, number> = { deadline: 0, repetition: 0 };
  #repetitions = 0;
  #sequences = 0;
  #running = 0;
  /** Waits as they turned out over waits as they were estimated. */
  #correction = 1;

  constructor(limits: EngineLimits) {
    this.#limits = limits;
    this.#settings = limits.admission ?? DEFAULT_ADMISSION;
  }

  get running(): number {
    return this.#running;
  }

  get waiting(): number {
    return this.#guests.size - this.#running;
  }

  /** Decides, and counts what it refuses; an admitted request is noted by `admitted`. */
  decide(ask: Ask, nowMs: number): Admission {
    const { maxSequences, maxQueued } = this.#limits;
    const { order, queueTargetMs, tenantQueueShare } = this.#settings;
    const fair = order === 'fair';
    const wait = this.#estimateWait(ask.tenant);
    const admission = decideAdmission(
      {
        sequences: this.#sequences,
        running: this.#running,
        waiting: this.waiting,
        tenantWaiting: this.#backlogs.get(ask.tenant)?.waiting ?? 0,
        meanServiceMs: this.#pace.serviceMs,
        waitMs: wait?.totalMs ?? null,
        ownWaitMs: wait?.ownMs ?? null,
        serviceMs: this.#pace.estimateServiceMs(ask),
        leftMs: fair && ask.deadlineMs !== null ? ask.deadlineMs - nowMs : null,
      },
      ask.choices,
      { maxSequences, maxQueued, maxTenantQueued: fair ? Math.ceil(maxQueued * tenantQueueShare) : maxQueued, queueTargetMs: fair ? queueTargetMs : null },
      ask.continues,
    );
    if (admission.decision === 'refuse') this.#refused[admission.reason] += 1;
    return admission;
  }

  /** @param atOnce whether it was admitted to run at once, so that it counts as running before the engine says so */
  admitted(handle: number, ask: Ask, atOnce: boolean): void {
    const work = this.#workOf(ask);
    const expectedWaitMs = atOnce ? null : (this.#estimateWait(ask.tenant)?.rawMs ?? null);
    this.#guests.set(handle, { ...ask, work, expectedWaitMs, running: atOnce, prompted: false });
    this.#sequences += ask.choices;
    if (atOnce) {
      this.#running += 1;
      return;
    }
    const backlog = this.#backlogs.get(ask.tenant) ?? { weight: weightOf(this.#settings.weights, ask.tenant), waiting: 0, work: 0 };
    backlog.waiting += 1;
    backlog.work += work;
    this.#backlogs.set(ask.tenant, backlog);
  }

  started(handle: number, queueWaitMs: number): void {
    const guest = this.#guests.get(handle);
    if (!guest || guest.running) return;
    this.#stopWaiting(guest);
    guest.running = true;
    this.#running += 1;
    const { expectedWaitMs } = guest;
    if (expectedWaitMs === null || expectedWaitMs <= 0) return;
    const ratio = Math.min(Math.max(queueWaitMs / expectedWaitMs, 1 / MOST_CORRECTION), MOST_CORRECTION);
    this.#correction += LATEST * (ratio - this.#correction);
  }

  /** A step of the engine: the requests for which it sampled tokens, one entry for each token. */
  stepped(handles: readonly number[], nowMs: number): void {
    let work = 0;
    for (const handle of handles) {
      const guest = this.#guests.get(handle);
      if (!guest) continue;
      work += OUTPUT_COST;
      if (guest.prompted) continue;
      guest.prompted = true;
      work += guest.promptTokens * PROMPT_COST;
    }
    this.#pace.worked(work, this.waiting > 0, nowMs);
  }

  /** @param outcome null where the engine lost it */
  ended(handle: number, outcome: GenerateOutcome | null): void {
    const guest = this.#guests.get(handle);
    if (!guest) return;
    this.#guests.delete(handle);
    this.#sequences -= guest.choices;
    if (guest.running) this.#running -= 1;
    else this.#stopWaiting(guest);
    if (outcome?.isRepetition === true) this.#repetitions += 1;
    if (outcome?.reason !== undefined) this.#ended[outcome.reason] += 1;
    if (outcome?.status !== 'answered') return;
    const { completionTokens, timing } = outcome;
    this.#pace.served({ demand: guest, completionTokens, prefillMs: timing.prefillMs, decodeMs: timing.decodeMs });
  }

  figures(): AdmissionFigures {
    const { workPerMs } = this.#pace;
    const works = Array.from(this.#backlogs.values(), ({ work }) => work);
    const total = works.reduce((sum, work) => sum + work, 0);
    return {
      refused: { ...this.#refused },
      ended: { ...this.#ended },
      repetitions: this.#repetitions,
      workPerSecond: workPerMs === null ? null : workPerMs * 1000,
      waitMs: this.#estimateWait('')?.totalMs ?? null,
      tenantsWaiting: this.#backlogs.size,
      largestBacklogShare: total > 0 ? Math.max(...works) / total : 0,
    };
  }

  #workOf({ promptTokens, choices, maxTokens }: Demand): number {
    return promptTokens * PROMPT_COST + choices * this.#pace.expectedTokens(maxTokens) * OUTPUT_COST;
  }

  #estimateWait(tenant: string): { readonly totalMs: number; readonly ownMs: number; readonly rawMs: number } | null {
    const { workPerMs } = this.#pace;
    if (workPerMs === null || workPerMs <= 0) return null;
    const { order, weights } = this.#settings;
    const { own, total } = workAhead(this.#backlogs, tenant, weightOf(weights, tenant), order);
    const rawMs = total / workPerMs;
    return { totalMs: rawMs * this.#correction, ownMs: (own / workPerMs) * this.#correction, rawMs };
  }

  #stopWaiting({ tenant, work }: Guest): void {
    const backlog = this.#backlogs.get(tenant);
    if (!backlog) return;
    backlog.waiting -= 1;
    backlog.work -= work;
    if (backlog.waiting <= 0) this.#backlogs.delete(tenant);
  }
}
