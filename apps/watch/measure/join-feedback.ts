import { setImmediate as breathe } from 'node:timers/promises';
import { type EntityManager } from 'typeorm';
import { packQualityTest, type QualityTest, startQualityTest, testScore, unpackQualityTest } from '#libs/detection/windows/quality-test';
import { SealError, type TraceSealer } from '#libs/record/seal';
import { type FeedbackRouting, type RequestRouting, type UnroutedRequest } from '#libs/store/feedback/feedback-routing';
import { decodeTrace } from '#libs/trace/codec';
import { TraceFormatError } from '#libs/trace/limits';
import { accumulateUsage, emptyUsage } from '#libs/trace/usage';

/** Requests in one transaction: each holds an opened trace for a moment, and the test of its release. */
const MAX_REQUESTS = 200;

export interface JoinedFeedback {
  /** Requests whose routing is kept now. */
  readonly joined: number;
  /** Those whose trace is gone or does not open. */
  readonly lost: number;
}

/** Joins feedback with the routing of its request, and takes the scores into the test of the experts. */
export class FeedbackJoiner {
  constructor(
    private readonly routing: FeedbackRouting,
    private readonly sealer: Pick<TraceSealer, 'open'>,
    private readonly now: () => number,
  ) {}

  /** Looks at the requests that wait longest. Routing, test and what is settled are one transaction, so each score counts once. */
  async join(): Promise<JoinedFeedback> {
    return this.routing.transaction(async (manager) => {
      const waiting = await this.routing.unrouted(manager, MAX_REQUESTS);
      const tests = new Map<number, QualityTest>();
      let lost = 0;
      for (const request of waiting) {
        if (!(await this.#take(manager, request, tests))) lost += 1;
        await breathe();
      }
      for (const [release, test] of tests) await this.routing.saveTest(manager, release, packQualityTest(test), this.now());
      if (waiting.length > 0) await this.routing.settle(manager, waiting.map(({ requestId }) => requestId));
      return { joined: waiting.length - lost, lost };
    });
  }

  async #take(manager: EntityManager, request: UnroutedRequest, tests: Map<number, QualityTest>): Promise<boolean> {
    const routing = request.routing ?? this.#open(request);
    if (routing === null) return false;
    const isTested = request.score !== null && request.routing?.isTested !== true;
    await this.routing.keep(manager, routing, isTested);
    if (request.score !== null && isTested) testScore(await this.#testOf(manager, routing, tests), routing.shares, request.score);
    return true;
  }

  async #testOf(manager: EntityManager, { releaseNumber, experts, shares }: RequestRouting, tests: Map<number, QualityTest>): Promise<QualityTest> {
    const known = tests.get(releaseNumber);
    if (known) return known;
    const state = await this.routing.lockTest(manager, releaseNumber);
    const test = state ? unpackQualityTest(state) : startQualityTest(shares.length / experts, experts);
    tests.set(releaseNumber, test);
    return test;
  }

  /** Null where the trace is gone or cannot be opened: its feedback counts without routing. */
  #open({ requestId, trace }: UnroutedRequest): RequestRouting | null {
    if (trace === null) return null;
    try {
      const decoded = decodeTrace(this.sealer.open(requestId, trace.sealedTrace));
      const usage = emptyUsage(decoded.layers, decoded.experts);
      accumulateUsage(usage, decoded);
      const shares = Float64Array.from(usage.flatMap(({ load, tokens }) => Array.from(load, (count) => (tokens > 0 ? count / tokens : 0))));
      return { requestId, atMs: trace.atMs, releaseNumber: trace.releaseNumber, experts: decoded.experts, shares };
    } catch (error) {
      if (error instanceof SealError || error instanceof TraceFormatError) return null;
      throw error;
    }
  }
}
