import { type ComponentStore } from '#libs/checkpoint/components/component-store';
import { EvaluationError } from '#libs/evaluation/evaluation-error';
import { type Assay } from '#libs/evaluation/run/assay';
import { messageOf } from '#libs/platform/errors/error-code';
import { ReleaseProbe } from '#libs/runtime/probe/release-probe';
import { type EvaluationParts } from '#libs/store/evaluation/evaluation-parts';
import { type RunError } from '#libs/store/evaluation/evaluation-run';
import { type Claim, type RunClaims } from '#libs/store/evaluation/run-claims';
import { type Conducted, conductRun, type RunPorts } from './conduct-run.ts';
import { type EvaluationOptions } from './evaluation-options.ts';
import { askJudge } from './judge.ts';
import { type InputSources, readInputs } from './read-inputs.ts';

/** Failures in a row, without a step kept between them, after which a run is given up. */
const MAX_FAILURES = 5;
const FIRST_RETRY_MS = 1000;
/**
 * Tokens that run through the model together: bounds the memory of their logits. No setting, because sums are
 * cut where the chunks are: another number gives other last bits, and parts of two processes would not fit together.
 */
const CHUNK_TOKENS = 64;

export type RunEnding = Conducted | { readonly ended: 'failed'; readonly error: RunError } | { readonly ended: 'retry'; readonly waitMs: number; readonly error: unknown };

export interface DeskParts {
  readonly claims: RunClaims;
  readonly parts: EvaluationParts;
  readonly sources: Omit<InputSources, 'pathOf'>;
  readonly components: Pick<ComponentStore, 'pathOf'>;
}

/** Does runs that this process holds, each with sessions of its own. */
export class RunDesk {
  constructor(
    private readonly desk: DeskParts,
    private readonly options: Pick<EvaluationOptions, 'assays' | 'config' | 'now'>,
    private readonly onStep: RunPorts['onStep'],
  ) {}

  /** Whatever comes of the run is written. @throws Error where the database is away */
  async work(claim: Claim, signal: AbortSignal): Promise<RunEnding> {
    const { claims } = this.desk;
    const given = await this.#conduct(claim, signal);
    if (given.ended === 'stopped') await claims.release(claim);
    if (given.ended === 'retry') await claims.retry(claim, given.waitMs);
    if (given.ended === 'failed' && !(await claims.fail(claim, given.error, this.options.now()))) return { ended: 'lost' };
    return given;
  }

  async #conduct(claim: Claim, signal: AbortSignal): Promise<RunEnding> {
    if (claim.failures >= MAX_FAILURES) return { ended: 'failed', error: givenUp('the process that did it ended each time') };
    const pathOf = (sha256: string): string => this.desk.components.pathOf(sha256);
    const { evaluation } = this.options.config;
    const probe = new ReleaseProbe({ locate: pathOf, threads: evaluation.threads, maxCacheBytes: evaluation.cacheMaxBytes, chunkTokens: CHUNK_TOKENS, maxReleases: evaluation.releasesHeld });
    try {
      const { spec } = claim.run;
      const { judge } = evaluation;
      const inputs = { ...(await readInputs(spec, { ...this.desk.sources, pathOf })), judge: judge && { model: judge.model, url: judge.url, replies: judge.replies } };
      const tools = { probe, nowMs: () => performance.now(), ...(judge === null ? {} : { judge: (prompt: string) => askJudge(judge, prompt, signal) }) };
      const { claims, parts } = this.desk;
      return await conductRun(claim, assayOf(spec.kind, this.options.assays), inputs, { claims, parts, tools, now: this.options.now, onStep: this.onStep }, signal);
    } catch (error) {
      return signal.aborted ? { ended: 'stopped' } : faultOf(error, claim.failures);
    } finally {
      await probe.dispose();
    }
  }
}

function assayOf(kind: string, assays: readonly Assay[]): Assay {
  const assay = assays.find((one) => one.kind === kind);
  if (!assay) throw new EvaluationError('unknown-kind', 'kind', `This version runs no evaluation of kind ${kind}; it knows ${assays.map((one) => one.kind).join(', ')}.`);
  return assay;
}

/** What the order is at fault for ends the run; the rest may pass, and is tried again a few times. */
function faultOf(error: unknown, failures: number): RunEnding {
  if (error instanceof EvaluationError) return { ended: 'failed', error: { reason: error.reason, field: error.field, message: error.message } };
  // What a release can take does not change.
  if (error instanceof RangeError) return { ended: 'failed', error: { reason: 'not-askable', field: 'suite', message: `What the suite asks cannot be asked of the release: ${error.message}.` } };
  if (failures + 1 >= MAX_FAILURES) return { ended: 'failed', error: givenUp(messageOf(error)) };
  return { ended: 'retry', waitMs: FIRST_RETRY_MS * 2 ** failures, error };
}

function givenUp(why: string): RunError {
  return { reason: 'evaluator-failed', field: null, message: `It was given up after ${MAX_FAILURES} tries in a row that brought nothing: ${why}. See the log of the evaluation role, and ask again.` };
}
