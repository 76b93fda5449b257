import { readFile } from 'node:fs/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { TOKENIZER } from '#libs/release/component';
import { type ForwardPass } from '../../forward/forward-pass.ts';
import { sequenceCacheBytes } from '../../forward/kv-cache.ts';
import { Sampler } from '../../sampling/sampler.ts';
import { loadTokenizer, parseTokenizerBundle } from '../../tokenizer/text-tokenizer.ts';
import { type ExpertFigures } from '../engine.ts';
import { ExpertTallies } from '../expert-figures.ts';
import { type Submission } from '../generation.ts';
import { type ReleaseManifest, type Sha256Paths } from '../release-source.ts';
import { Scheduler } from '../scheduler.ts';
import { type StepReport, StepReportBuilder } from '../step-report.ts';
import { monotonicMs, type ReleaseMemory, type WorkerSettings } from './protocol.ts';

export interface ForwardPassSource {
  readonly manifest: ReleaseManifest;
  readonly components: Sha256Paths;
  readonly plansDirectory: string;
  readonly threads: number;
  readonly chunkTokens: number;
  readonly maxCacheBytes: number;
}

/** Builds the forward pass of a release; libs/runtime/forward has the real one. */
export type ForwardPassLoader = (source: ForwardPassSource) => Promise<ForwardPass>;

/** Timings and memory are read every so many steps: they need not be fresher. */
const STEPS_BETWEEN_READINGS = 32;

/** A release that answers: its forward pass, its scheduler and its figures. */
export class LoadedRelease {
  readonly #forward: ForwardPass;
  readonly #scheduler: Scheduler;
  readonly #tallies = new ExpertTallies();
  #steps = 0;

  private constructor(
    manifest: ReleaseManifest,
    forward: ForwardPass,
    table: ReturnType<typeof loadTokenizer>['table'],
    settings: WorkerSettings,
    publish: (report: StepReport, memory: ReleaseMemory | null) => void,
  ) {
    const { shape, routing } = manifest;
    this.#forward = forward;
    this.#scheduler = new Scheduler({
      context: {
        forward,
        table,
        sampler: new Sampler(shape.vocabSize),
        vocabSize: shape.vocabSize,
        contextTokens: shape.contextTokens,
        eosTokenIds: shape.eosTokenIds,
        rowWidth: shape.layers * routing.topK,
        prefillChunkTokens: settings.limits.prefillChunkTokens,
        report: new StepReportBuilder(),
        cache: { maxBytes: settings.maxCacheBytes, bytesFor: (tokens) => sequenceCacheBytes(shape, tokens) },
      },
      maxSequences: settings.limits.maxSequences,
      now: monotonicMs,
      publish: (report) => publish(report, this.#read(report)),
      pause: nextTurn,
    });
  }

  /** Loads, warms and verifies; throws with what is wrong. */
  static async load(
    source: Pick<ForwardPassSource, 'manifest' | 'components'>,
    settings: WorkerSettings,
    loadForwardPass: ForwardPassLoader,
    publish: (report: StepReport, memory: ReleaseMemory | null) => void,
  ): Promise<LoadedRelease> {
    const { manifest, components } = source;
    const path = components[manifest.components[TOKENIZER] ?? ''];
    if (path === undefined) throw new Error('the release names no tokenizer component that is on disk; import the checkpoint again');
    const { table } = loadTokenizer(parseTokenizerBundle(await readFile(path, 'utf8')));
    const { plansDirectory, maxCacheBytes, limits } = settings;
    const forward = await loadForwardPass({
      manifest,
      components,
      plansDirectory,
      maxCacheBytes,
      threads: limits.threads,
      chunkTokens: limits.prefillChunkTokens,
    });
    try {
      await warmUp(forward, manifest, limits.prefillChunkTokens);
    } catch (error) {
      await forward.dispose();
      throw error;
    }
    return new LoadedRelease(manifest, forward, table, settings, publish);
  }

  submit(submission: Submission): void {
    this.#scheduler.submit(submission);
  }

  cancel(handle: number): void {
    this.#scheduler.cancel(handle);
  }

  memory(): ReleaseMemory {
    return this.#forward.memory();
  }

  figures(): ExpertFigures[] {
    this.#tallies.add(this.#forward.drainTimings());
    return this.#tallies.drain();
  }

  /** Lets what runs end, then frees everything. */
  async dispose(): Promise<void> {
    await this.#scheduler.idle();
    await this.#forward.dispose();
  }

  #read(report: StepReport): ReleaseMemory | null {
    this.#steps += 1;
    if (this.#steps % STEPS_BETWEEN_READINGS !== 0 && report.outcomes.length === 0) return null;
    this.#tallies.add(this.#forward.drainTimings());
    return this.memory();
  }
}

/** Runs a chunk and a token, so that the first request finds warm sessions, and checks what comes out. */
async function warmUp(forward: ForwardPass, { shape }: ReleaseManifest, chunkTokens: number): Promise<void> {
  const cache = forward.open();
  try {
    const token = shape.bosTokenId ?? 0;
    const prompt = new Uint32Array(Math.max(Math.min(chunkTokens, shape.contextTokens - 1), 1)).fill(token);
    for (const tokens of [prompt, Uint32Array.of(token)]) {
      const [output] = await forward.step([{ cache, tokens, logitsFrom: tokens.length - 1 }]);
      if (output?.logits.length !== shape.vocabSize || !output.logits.every((logit) => Number.isFinite(logit))) {
        throw new Error('the warm-up gave logits that are missing or not finite; check the weights of the release');
      }
    }
    forward.drainTimings();
  } finally {
    forward.close(cache);
  }
}
