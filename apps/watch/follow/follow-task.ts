import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Logger } from '#libs/platform/logs/logger';
import { LOCKS } from '#libs/store/locks';
import { adoptedBaselines } from '#libs/store/detection/baselines';
import { type DetectorStates } from '#libs/store/detection/detector-states';
import { type FollowedLedger, type Watermark } from '#libs/store/detection/followed-ledger';
import { type Freezing } from '#libs/store/detection/freezing';
import { type Readings } from '#libs/store/detection/readings';
import { servingReleases } from '#libs/store/detection/serving';
import { underSessionLock } from '#libs/store/session-lock';
import { type WatchTask } from '../watch-task.ts';
import { type Freezer } from './freezer.ts';
import { followRound, MAX_ROUND_BATCHES, type RoundPorts } from './round.ts';
import { type ReadingUpkeep } from './upkeep.ts';

export interface FollowParts extends RoundPorts {
  readonly ledger: FollowedLedger;
  readonly states: DetectorStates;
  readonly readings: Readings;
  readonly upkeep: ReadingUpkeep;
  readonly freezer: Freezer;
  readonly freezing: Freezing;
  readonly logger: Logger;
}

export interface FollowOptions {
  readonly isOn: boolean;
  readonly baselineRequests: number;
  readonly now: () => number;
  /** Wait between two looks at a ledger with nothing new. */
  readonly idleMs: number;
  /** Between two looks at what answers, at old readings and at models without a baseline. */
  readonly upkeepMs: number;
}

const RETRY_MS = 1000;
const PURGE_EVERY_MS = 3_600_000;

/**
 * Follows the record and freezes baselines, in one process of the cluster: another one takes over when it ends.
 * Both are far from the path of a request; what they cost is their own.
 */
export class FollowTask implements WatchTask {
  readonly name = 'follow';
  readonly #stopping = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #purgedMs = 0;

  constructor(
    private readonly parts: FollowParts,
    private readonly options: FollowOptions,
  ) {}

  start(): void {
    if (this.options.isOn) this.#running = this.#run(this.#stopping.signal);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await underSessionLock(this.parts.dataSource, LOCKS.detection, { signal }, () => this.#lead(signal));
      } catch (error) {
        if (signal.aborted) return;
        this.parts.metrics.failed('follow');
        this.parts.logger.error({ err: error }, 'following the record failed; it goes on from where it was saved');
        await sleep(RETRY_MS, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  /** Until it is told to stop or something fails, which ends both. */
  async #lead(stop: AbortSignal): Promise<void> {
    const failed = new AbortController();
    const signal = AbortSignal.any([stop, failed.signal]);
    const together = [this.#follow(signal), this.#freeze(signal)].map((work) =>
      work.catch((error: unknown) => {
        failed.abort();
        if (!stop.aborted && !(error instanceof Error && error.name === 'AbortError')) throw error;
      }),
    );
    const outcomes = await Promise.allSettled(together);
    const broken = outcomes.find((outcome) => outcome.status === 'rejected');
    if (broken) throw broken.reason;
  }

  async #follow(signal: AbortSignal): Promise<void> {
    const { streams, dataSource } = this.parts;
    streams.clear();
    let watermark = await this.#begin();
    let upkeepAtMs = 0;
    while (!signal.aborted) {
      const batches = await this.parts.ledger.next(watermark, MAX_ROUND_BATCHES);
      const nowMs = this.options.now();
      const isUpkeepDue = nowMs >= upkeepAtMs;
      if (batches.length === 0 && !isUpkeepDue) {
        await sleep(this.options.idleMs, undefined, { signal }).catch(() => undefined);
        continue;
      }
      // After the batches: what was adopted before a request was written is in force for it.
      const adopted = await adoptedBaselines(dataSource.manager);
      const serving = await servingReleases(dataSource);
      streams.adopt(adopted);
      if (isUpkeepDue) {
        const { alarms, removed } = await this.parts.upkeep.run(serving, adopted, nowMs);
        for (const releaseId of removed) streams.drop(releaseId);
        this.parts.metrics.now(await this.parts.ledger.lag(watermark, nowMs), streams.streams, alarms);
        await this.#purge(nowMs);
        upkeepAtMs = nowMs + this.options.upkeepMs;
      }
      const outcome = await followRound(this.parts, watermark, batches, new Set(serving.map(({ releaseId }) => releaseId)), nowMs);
      watermark = outcome.watermark;
      if (!outcome.isFull) await sleep(this.options.idleMs, undefined, { signal }).catch(() => undefined);
    }
  }

  async #begin(): Promise<Watermark> {
    const { states, ledger, logger } = this.parts;
    const progress = await states.progress();
    if (progress && !(await ledger.isAhead(progress.watermark))) return progress.watermark;
    if (progress) {
      logger.warn({ watermark: progress.watermark }, 'the watermark is of another database server, as after restoring a dump: following begins anew at the end of the record');
      await ledger.forgetFuture();
    }
    await states.begin(await ledger.end(), this.options.now(), progress?.watermark ?? null);
    return (await states.progress())!.watermark;
  }

  async #freeze(signal: AbortSignal): Promise<void> {
    const { freezer, freezing, metrics, logger } = this.parts;
    while (!signal.aborted) {
      try {
        await this.#beginFirst(freezing);
        const outcome = await freezer.run(signal);
        if (outcome !== 'nothing-to-do') logger.info({ outcome }, 'a freeze of a baseline ended');
        if (outcome !== 'nothing-to-do') continue;
      } catch (error) {
        if (signal.aborted) return;
        metrics.failed('freeze');
        logger.error({ err: error }, 'freezing a baseline failed; it is tried again');
      }
      await sleep(this.options.upkeepMs, undefined, { signal }).catch(() => undefined);
    }
  }

  /** The first baseline of each model that has enough requests by now. */
  async #beginFirst(freezing: Freezing): Promise<void> {
    const { baselineRequests, now } = this.options;
    if (baselineRequests === 0) return;
    const nowMs = now();
    for (const { model, releaseId, layers, experts, firstAtMs } of await freezing.unwatched(baselineRequests, nowMs)) {
      const id = randomUUID();
      const options = { sampleRequests: baselineRequests, segments: [], mixByHour: false, mixBySegment: null, adoptFirst: true };
      const audit = { atMs: nowMs, actor: 'system', action: 'baseline.freeze', subject: `baseline/${id}`, detail: { actorName: 'system', model, release: releaseId }, after: { state: 'freezing' }, requestId: null };
      await freezing.begin({ id, model, releaseId, layers, experts, fromMs: firstAtMs, toMs: nowMs + 1, options, createdBy: 'system', createdByIssuers: [], createdAtMs: nowMs }, audit);
    }
  }

  async #purge(nowMs: number): Promise<void> {
    if (nowMs - this.#purgedMs < PURGE_EVERY_MS) return;
    await this.parts.readings.purge(nowMs);
    this.#purgedMs = nowMs;
  }
}
