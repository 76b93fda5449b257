import { type Meter } from '@opentelemetry/api';
import { drawOf } from '#libs/governance/activation/assign-request';
import { compareScores, routingDisagreement, type ScoredToken } from '#libs/governance/activation/compare-runs';
import { type RuleLabels } from '#libs/governance/data-rules/rule-set';
import { type RoutedRows } from '#libs/governance/activation/route-slice';
import { type Engine, EngineBusyError, type GenerateOutcome, type GenerateRequest, type PositionLogprobs } from '#libs/runtime/engine/engine';
import { type ShadowComparison, type ShadowComparisons } from '#libs/store/rollouts/shadow-comparisons';
import { type ServedModels } from '../models/served-models.ts';
import { type ServedRelease } from '../models/served-release.ts';
import { type RequestRules } from '../rules/request-rules.ts';

/** Answers that wait to be compared; further ones are dropped and counted. */
const MAX_WAITING = 64;
/** Tokens that are compared of one answer, from its prompt's first. */
const MAX_TOKENS = 2048;
/** Alternatives told for each token. */
const ALTERNATIVES = 20;
/** What a run takes is not taken from the tenant whose answer is compared. */
const SHADOW_TENANT = '(shadow)';
/** How often it is looked whether the engine has nothing waiting. */
const LOOK_MS = 50;

/** An answered request, as its generation went. */
export interface AnsweredRequest {
  readonly requestId: string;
  readonly atMs: number;
  readonly release: ServedRelease;
  readonly labels: RuleLabels;
  readonly request: GenerateRequest;
  readonly outcome: GenerateOutcome;
}

interface Job {
  readonly requestId: string;
  readonly atMs: number;
  readonly model: string;
  readonly releaseId: string;
  readonly labels: RuleLabels;
  readonly request: GenerateRequest;
  readonly tokens: Uint32Array;
}

interface Scored {
  readonly positions: readonly (ScoredToken | null)[];
  readonly routed: RoutedRows;
}

/**
 * Runs a sample of answers through the stable release and its shadow and compares the two. Never in the
 * way: one at a time, only while no request waits for the engine, and given up when one comes to wait.
 */
export class ShadowRuns {
  readonly #waiting: Job[] = [];
  readonly #counter;
  #running: Promise<void> | null = null;
  #stopped = new AbortController();

  constructor(
    private readonly engine: Pick<Engine, 'generate' | 'status'>,
    private readonly models: Pick<ServedModels, 'pinShadow'>,
    private readonly rules: Pick<RequestRules, 'rule'>,
    private readonly store: Pick<ShadowComparisons, 'insert'>,
    meter: Meter,
    private readonly tellError: (requestId: string, error: unknown) => void,
  ) {
    this.#counter = meter.createCounter('signalbox.shadow.runs', { description: 'Answers that were to run on a shadow, by result: compared, dropped (no room, or the engine was wanted), ended (the shadow went first) or failed.' });
  }

  /** Takes an answer if it is drawn; at once, and whatever becomes of it. */
  offer({ requestId, atMs, release, labels, request, outcome }: AnsweredRequest): void {
    if (outcome.status !== 'answered') return;
    const pins = this.models.pinShadow(release.model, release.releaseId);
    if (!pins) return;
    pins.stable.unpin();
    pins.shadow.unpin();
    if (drawOf(pins.shadow.release.releaseId, requestId) >= pins.share) return;
    if (this.#waiting.length >= MAX_WAITING || this.#stopped.signal.aborted) return this.#count(release.model, 'dropped');
    // Copied: the outcome's buffers go on to be recorded. The last sampled token never ran and is not in it.
    const tokens = outcome.tokenIds.slice(0, Math.min(outcome.promptRows + (outcome.choiceRows[0] ?? 0), MAX_TOKENS));
    this.#waiting.push({ requestId, atMs, model: release.model, releaseId: release.releaseId, labels, request, tokens });
    this.#running ??= this.#work().finally(() => {
      this.#running = null;
    });
  }

  /** Drops what waits and ends what runs. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    for (const { model } of this.#waiting.splice(0)) this.#count(model, 'dropped');
    await this.#running;
  }

  async #work(): Promise<void> {
    // The answer itself goes out first.
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS).unref());
    for (let job = this.#waiting.shift(); job; job = this.#waiting.shift()) {
      while (this.engine.status().queued > 0 && !this.#stopped.signal.aborted) await new Promise((resolve) => setTimeout(resolve, LOOK_MS).unref());
      try {
        this.#count(job.model, this.#stopped.signal.aborted ? 'dropped' : await this.#compare(job));
      } catch (error) {
        this.#count(job.model, 'failed');
        this.tellError(job.requestId, error);
      }
    }
  }

  async #compare(job: Job): Promise<'compared' | 'dropped' | 'ended'> {
    const pins = this.models.pinShadow(job.model, job.releaseId);
    if (!pins) return 'ended';
    const wanted = new AbortController();
    const watch = setInterval(() => {
      if (this.engine.status().queued > 0 || this.#stopped.signal.aborted) wanted.abort();
    }, LOOK_MS);
    try {
      const stable = await this.#score(job, pins.stable.release, wanted.signal);
      const shadow = stable && (await this.#score(job, pins.shadow.release, wanted.signal));
      if (!stable || !shadow) return 'dropped';
      await this.store.insert([comparisonOf(job, pins.shadow.release.releaseId, stable, shadow)]);
      return 'compared';
    } catch (error) {
      if (error instanceof EngineBusyError) return 'dropped';
      throw error;
    } finally {
      clearInterval(watch);
      pins.stable.unpin();
      pins.shadow.unpin();
    }
  }

  /** null where it was given up, or the data rules forbid it. @throws Error when the release cannot run these tokens */
  async #score({ requestId, labels, request, tokens }: Job, release: ServedRelease, signal: AbortSignal): Promise<Scored | null> {
    // The rules hold for a run that nobody sees too, and masks are made for one release.
    const ruling = this.rules.rule(release, labels);
    if ('failure' in ruling) return null;
    const scoring: GenerateRequest = {
      ...request, id: requestId, releaseId: release.releaseId, promptTokens: tokens, choices: 1, maxTokens: 0, stop: [], logprobs: null, promptLogprobs: ALTERNATIVES, expertMask: ruling.mask,
      tenant: SHADOW_TENANT, deadlineMs: null,
    };
    let positions: readonly (PositionLogprobs | null)[] = [];
    for await (const event of this.engine.generate(scoring, signal)) {
      if (event.type === 'prompt-logprobs') positions = event.positions;
      else if (event.type === 'finished') {
        const { status, error, promptRows, expertIds } = event.outcome;
        if (status === 'cancelled') return null;
        if (status === 'failed') throw new Error(error ?? 'the engine gave no reason');
        const { shape, routing } = release.manifest;
        return { positions, routed: { layers: shape.layers, topK: routing.topK, rows: promptRows, expertIds } };
      }
    }
    return null;
  }

  #count(model: string, result: 'compared' | 'dropped' | 'ended' | 'failed'): void {
    this.#counter.add(1, { model, result });
  }
}

function comparisonOf({ requestId, atMs, model, releaseId }: Job, shadow: string, first: Scored, second: Scored): ShadowComparison {
  return { model, stable: releaseId, shadow, requestId, atMs, ...compareScores(first.positions, second.positions), decisionDisagreement: routingDisagreement(first.routed, second.routed) };
}
