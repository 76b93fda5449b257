import { readFile } from 'node:fs/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { TOKENIZER } from '#libs/release/component';
import { mayShareRoutedPrefix } from '#libs/release/routing-dependence';
import { type EngineParts } from '../../forward/engine-parts.ts';
import { type ForwardPass } from '../../forward/forward-pass.ts';
import { sequenceCacheBytes } from '../../forward/kv-cache.ts';
import { type Lease } from '../../forward/shared-parts.ts';
import { type StepPacer } from '../../forward/step-pacer.ts';
import { GrammarCache } from '../../grammar/grammar-cache.ts';
import { Sampler } from '../../sampling/sampler.ts';
import { loadTokenizer, parseTokenizerBundle } from '../../tokenizer/text-tokenizer.ts';
import { DEFAULT_ADMISSION } from '../admission-settings.ts';
import { type ExpertMask } from '#libs/moe/expert-mask';
import { DEFAULT_HEALTH_LIMITS } from '../../health/health-limits.ts';
import { ExpertWatch } from '../../health/expert-watch.ts';
import { type ExpertChange, ReleaseHealth } from '../../health/release-health.ts';
import { type ExpertFigures, type ReleaseHealthReport } from '../engine.ts';
import { healthReport } from '../health-report.ts';
import { type EnginePlaces } from '../engine-places.ts';
import { ExpertTallies } from '../expert-figures.ts';
import { type Submission } from '../generation.ts';
import { PrefixCache } from '../prefix-cache.ts';
import { type ReleaseManifest, type Sha256Paths } from '../release-source.ts';
import { type RepetitionRules } from '../repetition-watch.ts';
import { Scheduler } from '../scheduler.ts';
import { type StepReport, StepReportBuilder } from '../step-report.ts';
import { monotonicMs, type ReleaseMemory, type WorkerSettings } from './protocol.ts';

export interface ForwardPassSource {
  readonly manifest: ReleaseManifest;
  readonly components: Sha256Paths;
  readonly threads: number;
  readonly chunkTokens: number;
  readonly maxCacheBytes: number;
  readonly parts: EngineParts;
  /** Of its experts; the forward pass tells it of runs, and asks it who serves. */
  readonly health: ReleaseHealth;
}

/** What all releases of an engine are loaded with. */
export interface EngineSurroundings {
  readonly settings: WorkerSettings;
  readonly parts: EngineParts;
  readonly places: EnginePlaces;
  readonly loadForwardPass: ForwardPassLoader;
}

type Tokenizer = ReturnType<typeof loadTokenizer>;

/** Builds the forward pass of a release; libs/runtime/forward has the real one. */
export type ForwardPassLoader = (source: ForwardPassSource) => Promise<ForwardPass>;

/** Prompt of the warm-up of a release that shares sessions. */
const SHORT_WARM_UP_TOKENS = 8;

/** Timings and memory are read every so many steps: they need not be fresher. */
const STEPS_BETWEEN_READINGS = 32;

/** A release that answers: its forward pass, its scheduler and its figures. */
export class LoadedRelease {
  readonly #forward: ForwardPass;
  readonly #tokenizer: Lease<Tokenizer>;
  readonly #scheduler: Scheduler;
  readonly #tallies = new ExpertTallies();
  readonly #health: ReleaseHealth;
  readonly #shape: ReleaseManifest['shape'];
  readonly #watch: ExpertWatch | null;
  readonly #dropPrefixes: () => void;
  #steps = 0;

  private constructor(
    manifest: ReleaseManifest,
    forward: ForwardPass,
    health: ReleaseHealth,
    tokenizer: Lease<Tokenizer>,
    { settings, parts, places }: EngineSurroundings,
    publish: (report: StepReport, cacheBytes: number | null) => void,
  ) {
    const { shape, routing } = manifest;
    this.#forward = forward;
    this.#health = health;
    this.#shape = shape;
    const limits = settings.health ?? DEFAULT_HEALTH_LIMITS;
    const { pacer } = parts;
    this.#watch = forward.probe ? new ExpertWatch({ health, limits, now: monotonicMs, probe: (layer, expert) => pacer.between(() => forward.probe!(layer, expert)) }) : null;
    this.#tokenizer = tokenizer;
    const prefixes = newPrefixes(manifest, forward, settings);
    if (prefixes) parts.prefixes.add(prefixes);
    this.#dropPrefixes = () => {
      prefixes?.clear();
      if (prefixes) parts.prefixes.delete(prefixes);
    };
    this.#scheduler = new Scheduler({
      context: {
        forward: paced(forward, parts.pacer),
        table: tokenizer.value.table,
        sampler: new Sampler(shape.vocabSize),
        grammars: new GrammarCache(tokenizer.value.table, shape.vocabSize),
        vocabSize: shape.vocabSize,
        contextTokens: shape.contextTokens,
        eosTokenIds: shape.eosTokenIds,
        rowWidth: shape.layers * routing.topK,
        topK: routing.topK,
        prefillChunkTokens: settings.limits.prefillChunkTokens,
        report: new StepReportBuilder(),
        cache: { bytesFor: (tokens) => sequenceCacheBytes(shape, tokens) },
        ...repetitionRules(manifest, settings),
        ...(prefixes && { prefixes: whileHealthy(prefixes, health) }),
        // Every one of them, not just the first that has something.
        dropPrefixes: () => [...parts.prefixes].map((one) => one.clear()).some(Boolean),
      },
      places,
      now: monotonicMs,
      publish: (report) => publish(report, this.#read(report)),
      pause: nextTurn,
    });
  }

  /** Loads, warms and verifies; throws with what is wrong. */
  static async load(
    source: Pick<ForwardPassSource, 'manifest' | 'components'>,
    engine: EngineSurroundings,
    publish: (report: StepReport, cacheBytes: number | null) => void,
    expertChanged: (change: ExpertChange) => void,
  ): Promise<LoadedRelease> {
    const { manifest } = source;
    const { parts, settings } = engine;
    const { limits, maxCacheBytes } = settings;
    const { layers, experts } = manifest.shape;
    const tokenizer = await leaseTokenizer(source, parts);
    const health = new ReleaseHealth({ layers, experts, components: manifest.components }, settings.health ?? DEFAULT_HEALTH_LIMITS, parts.experts, monotonicMs(), expertChanged);
    try {
      const forward = await engine.loadForwardPass({ ...source, parts, health, maxCacheBytes, threads: limits.threads, chunkTokens: limits.prefillChunkTokens });
      try {
        // What is shared is warm already, and a long prompt would only hold others up.
        const isNew = (forward.sessions?.shared ?? 0) === 0;
        await warmUp(forward, manifest, isNew ? limits.prefillChunkTokens : Math.min(SHORT_WARM_UP_TOKENS, limits.prefillChunkTokens));
      } catch (error) {
        await forward.dispose();
        throw error;
      }
      return new LoadedRelease(manifest, forward, health, tokenizer, engine, publish);
    } catch (error) {
      health.dispose();
      await tokenizer.release();
      throw error;
    }
  }

  submit(submission: Submission): void {
    this.#scheduler.submit(submission);
  }

  cancel(handle: number): void {
    this.#scheduler.cancel(handle);
  }

  /** Sessions made for it, and sessions it shares. */
  get sessions(): { readonly made: number; readonly shared: number } {
    return this.#forward.sessions ?? { made: 0, shared: 0 };
  }

  memory(): ReleaseMemory {
    return this.#forward.memory();
  }

  quarantine(mask: ExpertMask | null): null {
    this.#health.quarantine(mask, monotonicMs());
    return null;
  }

  health(): ReleaseHealthReport {
    return healthReport(this.#health.state(), this.#shape, monotonicMs(), Date.now());
  }

  figures(): ExpertFigures[] {
    this.#tallies.add(this.#forward.drainTimings());
    return this.#tallies.drain();
  }

  /** Lets what runs end, then frees everything. */
  async dispose(): Promise<void> {
    await this.#scheduler.idle();
    this.#scheduler.leave();
    await this.#watch?.stop();
    this.#dropPrefixes();
    await this.#forward.dispose();
    this.#health.dispose();
    await this.#tokenizer.release();
  }

  /** Bytes of KV cache, now and then. */
  #read(report: StepReport): number | null {
    this.#steps += 1;
    if (this.#steps % STEPS_BETWEEN_READINGS !== 0 && report.outcomes.length === 0) return null;
    this.#tallies.add(this.#forward.drainTimings());
    return this.memory().cacheBytes;
  }
}

function leaseTokenizer({ manifest, components }: Pick<ForwardPassSource, 'manifest' | 'components'>, { tokenizers, pacer }: EngineParts): Promise<Lease<Tokenizer>> {
  const sha256 = manifest.components[TOKENIZER] ?? '';
  const path = components[sha256];
  if (path === undefined) throw new Error('the release names no tokenizer component that is on disk; import the checkpoint again');
  return tokenizers.lease(sha256, async () => {
    const text = await readFile(path, 'utf8');
    return pacer.between(() => Promise.resolve(loadTokenizer(parseTokenizerBundle(text))));
  });
}

/** null where no beginnings of prompts are kept, or where routing depends on more than the tokens before. */
function newPrefixes({ shape, routing }: ReleaseManifest, forward: ForwardPass, { limits, prefixCacheBytes = 0 }: WorkerSettings): PrefixCache | null {
  if (prefixCacheBytes === 0 || !mayShareRoutedPrefix(routing)) return null;
  return new PrefixCache({ forward, maxBytes: prefixCacheBytes, chunkTokens: limits.prefillChunkTokens, bytesFor: (tokens) => sequenceCacheBytes(shape, tokens) });
}

/**
 * While an expert does not serve there are none: what was routed with it must not be used. Nor is what was
 * kept before one was taken out of service: it may have been giving wrong numbers for a while.
 */
function whileHealthy(prefixes: PrefixCache, health: ReleaseHealth): () => PrefixCache | null {
  let { openings } = health;
  return () => {
    if (health.unavailable === null && health.openings === openings) return prefixes;
    openings = health.openings;
    prefixes.clear();
    return health.unavailable === null ? prefixes : null;
  };
}

/** Nothing where prompts are not watched, or where every expert serves every token. */
function repetitionRules({ shape, routing }: ReleaseManifest, { limits }: WorkerSettings): { readonly repetition?: RepetitionRules } {
  const settings = limits.admission?.repetition ?? DEFAULT_ADMISSION.repetition;
  if (settings.action === 'off' || routing.topK >= shape.experts) return {};
  return { repetition: { settings, layers: shape.layers, experts: shape.experts, topK: routing.topK } };
}

/** Steps that loading waits for. */
function paced(forward: ForwardPass, pacer: StepPacer): ForwardPass {
  return {
    open: () => forward.open(),
    fork: (cache) => forward.fork(cache),
    close: (cache) => forward.close(cache),
    step: (items) => pacer.step(() => forward.step(items)),
    drainTimings: () => forward.drainTimings(),
    memory: () => forward.memory(),
    dispose: () => forward.dispose(),
  };
}

/** Runs a prompt and a token, so that the first request finds warm sessions, and checks what comes out. */
async function warmUp(forward: ForwardPass, { shape }: ReleaseManifest, promptTokens: number): Promise<void> {
  const cache = forward.open();
  try {
    const token = shape.bosTokenId ?? 0;
    const prompt = new Uint32Array(Math.max(Math.min(promptTokens, shape.contextTokens - 1), 1)).fill(token);
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
