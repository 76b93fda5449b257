import { execFileSync } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ComponentStore } from '#libs/checkpoint/components/component-store';
import { METHODS } from '#libs/checkpoint/derive/quantise';
import { quantiseRelease } from '#libs/checkpoint/derive/quantise-release';
import { importCheckpoint } from '#libs/checkpoint/import-checkpoint';
import { type ReleaseManifest } from '#libs/release/manifest';
import { type GenerateOutcome, type GenerateRequest } from '#libs/runtime/engine/engine';
import { WorkerEngine } from '#libs/runtime/engine/engine-client';
import { type PlacementCounts } from '#libs/runtime/placement/expert-placement';
import { DEMO_VOCAB_SIZE } from '../harness/signalbox.ts';
import { type BenchModel } from './bench-models.ts';
import { type BenchPrecision } from './precision.ts';

const FIRST_ORDINARY_TOKEN = 3;
const GREEDY = { temperature: 0, topP: 1, topK: 0, minP: 0, presencePenalty: 0, frequencyPenalty: 0, repetitionPenalty: 1, logitBias: {}, seed: 0 };

export interface EngineOptions {
  readonly home: string;
  readonly model: BenchModel;
  readonly precision: BenchPrecision;
  readonly threads: number;
  /** Bound of the experts' memory; left out: none. */
  readonly expertBytes?: number;
}

/** The engine without HTTP, as llama-bench is llama.cpp without HTTP. */
export class EngineUnderTest {
  readonly manifest: ReleaseManifest;
  readonly #engine: WorkerEngine;
  readonly #releaseId: string;

  private constructor(engine: WorkerEngine, releaseId: string, manifest: ReleaseManifest) {
    this.#engine = engine;
    this.#releaseId = releaseId;
    this.manifest = manifest;
  }

  static async start({ home, model, precision, threads, expertBytes }: EngineOptions): Promise<EngineUnderTest> {
    await mkdir(home, { recursive: true });
    const store = await ComponentStore.open(join(home, 'components'));
    const journalDirectory = join(home, 'journal');
    const imported = await importCheckpoint({ directory: model.directory, model: model.name, store, journalDirectory });
    const { manifest, releaseId } =
      precision === 'f32' ? imported : await quantiseRelease({ base: imported.manifest, components: 'experts-and-backbone', method: METHODS[precision], store, journalDirectory });
    const engine = new WorkerEngine({
      limits: { maxSequences: 16, maxQueued: 64, prefillChunkTokens: 256, threads },
      maxCacheBytes: 2 ** 30,
      ...(expertBytes === undefined ? {} : { expertBytes }),
    });
    const paths = Object.fromEntries(Object.values(manifest.components).map((sha256) => [sha256, store.pathOf(sha256)]));
    await engine.load(releaseId, manifest, paths);
    return new EngineUnderTest(engine, releaseId, manifest);
  }

  /** Milliseconds of one generation: the engine's own prefill and decode times. */
  async generate(promptTokens: number, maxTokens: number): Promise<GenerateOutcome['timing']> {
    const prompt = Uint32Array.from({ length: promptTokens }, () => FIRST_ORDINARY_TOKEN + Math.floor(Math.random() * (DEMO_VOCAB_SIZE - FIRST_ORDINARY_TOKEN)));
    return (await this.#run(prompt, maxTokens, null)).timing;
  }

  /** Natural-log probability that the model gives to a text after its first token. */
  async logProbability(ids: readonly number[]): Promise<number> {
    return (await this.#run(Uint32Array.from(ids), 0, 0)).promptLogprob;
  }

  async #run(promptTokens: Uint32Array, maxTokens: number, promptLogprobs: number | null): Promise<{ timing: GenerateOutcome['timing']; promptLogprob: number }> {
    const request: GenerateRequest = {
      id: crypto.randomUUID(),
      releaseId: this.#releaseId,
      promptTokens,
      choices: 1,
      maxTokens,
      stop: [],
      stopTokenIds: [],
      ignoreEos: true,
      sampling: GREEDY,
      logprobs: null,
      promptLogprobs,
    };
    let promptLogprob = 0;
    for await (const event of this.#engine.generate(request, new AbortController().signal)) {
      if (event.type === 'prompt-logprobs') for (const position of event.positions) promptLogprob += position?.logprob ?? 0;
      if (event.type !== 'finished') continue;
      if (event.outcome.status !== 'answered') throw new Error(`the generation ${event.outcome.status}: ${event.outcome.error ?? ''}`);
      return { timing: event.outcome.timing, promptLogprob };
    }
    throw new Error('the generation did not finish');
  }

  /** By component, bytes. */
  get weightBytes(): Readonly<Record<string, number>> {
    return this.#engine.status().releases[0]?.weightBytes ?? {};
  }

  /** What became of experts within a bound of memory; null without one. */
  get placement(): PlacementCounts | null {
    return this.#engine.status().placement ?? null;
  }

  close(): Promise<void> {
    return this.#engine.close(1_000);
  }
}

/** Tokens per second of llama-bench: one prompt of 256 tokens, and decoded tokens. */
export function llamaBench(binaries: string, gguf: string, threads: number, decodeTokens: number): { prefill: number; decode: number } {
  const args = ['-m', gguf, '-t', String(threads), '-p', '256', '-n', String(decodeTokens), '-r', '3', '-o', 'json'];
  const output = execFileSync(join(binaries, 'llama-bench'), args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  const runs = JSON.parse(output) as { n_prompt: number; n_gen: number; avg_ts: number }[];
  const speed = (isPrefill: boolean) => runs.find((run) => (isPrefill ? run.n_prompt > 0 : run.n_gen > 0))?.avg_ts ?? Number.NaN;
  return { prefill: speed(true), decode: speed(false) };
}
