import { readFile } from 'node:fs/promises';
import { type AlternativesQuestion, type Answer, type AnswerQuestion, type Probe, type Score, type ScoreQuestion } from '#libs/evaluation/probe/probe';
import { TOKENIZER, type Sha256 } from '#libs/release/component';
import { type ReleaseManifest } from '#libs/release/manifest';
import { isBatchDependent } from '#libs/release/routing-dependence';
import { releaseIdOf } from '#libs/release/manifest-digest';
import { type EngineParts, newEngineParts } from '../forward/engine-parts.ts';
import { type StepOutput } from '../forward/forward-pass.ts';
import { loadForwardPass } from '../forward/load-release.ts';
import { DEFAULT_HEALTH_LIMITS } from '../health/health-limits.ts';
import { ReleaseHealth } from '../health/release-health.ts';
import { logSumExp } from '../sampling/logprobs.ts';
import { loadTokenizer, parseTokenizerBundle, type TextTokenizer } from '../tokenizer/text-tokenizer.ts';
import { interventionMask } from './intervention-mask.ts';
import { type Piece, ProbedRelease } from './probed-release.ts';
import { RouteRows } from './route-rows.ts';

export interface ProbeSettings {
  /** Path of each component version on disk. @throws Error where it is not there */
  readonly locate: (sha256: Sha256) => string;
  readonly threads: number;
  readonly maxCacheBytes: number;
  /** Rows of a step: bounds the memory of logits, which is rows * vocabSize * 4 bytes. */
  readonly chunkTokens: number;
  /** Releases kept loaded at once, 1 or more; the one that was asked least lately goes. */
  readonly maxReleases: number;
}

/** A slow run says something of the machine, nothing of the expert: here none is taken out of service for it. */
const UNHURRIED = { ...DEFAULT_HEALTH_LIMITS, timeoutMs: Number.POSITIVE_INFINITY, slowFactor: Number.POSITIVE_INFINITY, patrolMs: 0 };

/**
 * A probe on sessions of its own. Releases that differ in a few components share the sessions of all
 * others, so a release composed for one question loads just what is new in it.
 */
export class ReleaseProbe implements Probe {
  readonly #settings: ProbeSettings;
  readonly #parts: EngineParts;
  /** By release id, the least lately asked first. */
  readonly #loaded = new Map<Sha256, Promise<ProbedRelease>>();
  readonly #tokenizers = new Map<Sha256, Promise<TextTokenizer>>();
  #rows = 0;

  constructor(settings: ProbeSettings) {
    this.#settings = settings;
    this.#parts = newEngineParts(settings.maxCacheBytes);
  }

  get rows(): number {
    return this.#rows;
  }

  async encode(release: ReleaseManifest, text: string, { special = true }: { readonly special?: boolean } = {}): Promise<Uint32Array> {
    return (await this.#tokenizer(release)).encode(text, { special });
  }

  async decode(release: ReleaseManifest, tokens: readonly number[]): Promise<string> {
    return (await this.#tokenizer(release)).decode(tokens);
  }

  async score(release: ReleaseManifest, questions: readonly ScoreQuestion[]): Promise<Score[]> {
    for (const [at, question] of questions.entries()) checkQuestion(question, at, release);
    const probed = await this.#hold(release);
    const scores: Score[] = [];
    for (const batch of this.#batches(release, questions)) {
      if (batch.length === 1) scores.push(await this.#scoreOne(probed, release, batch[0]!));
      else scores.push(...(await this.#scoreTogether(probed, release, batch)));
    }
    return scores;
  }

  async answer(release: ReleaseManifest, question: AnswerQuestion): Promise<Answer> {
    const { shape } = release;
    const { tokens, maxTokens, intervention } = question;
    if (tokens.length === 0 || maxTokens < 1 || tokens.length + maxTokens > shape.contextTokens) {
      throw new RangeError(`the question has ${tokens.length} tokens and asks for ${maxTokens}; together they must be 2 to ${shape.contextTokens}`);
    }
    const probed = await this.#hold(release);
    const tokenizer = await this.#tokenizer(release);
    const routes = new RouteRows(shape.layers, release.routing.topK);
    const written: number[] = [];
    const logProbs: number[] = [];
    const mask = interventionMask(intervention, shape);
    const cache = probed.open();
    try {
      let finish: Answer['finish'] = 'length';
      let next = tokens;
      while (written.length < maxTokens) {
        let row = new Float32Array(0);
        await probed.run(cache, next, { from: next.length - 1, mask, routes: next === tokens ? (intervention?.routes ?? null) : null, promptTokens: tokens.length }, (output) => {
          routes.add(output);
          if (output.logits.length > 0) row = output.logits.slice(-shape.vocabSize);
        });
        this.#rows += next.length;
        const token = likeliest(row);
        logProbs.push(row[token]! - logSumExp(row, 0, shape.vocabSize));
        written.push(token);
        if (shape.eosTokenIds.includes(token)) {
          finish = 'stop';
          break;
        }
        next = Uint32Array.of(token);
      }
      return { tokens: Uint32Array.from(written), logProbs: Float64Array.from(logProbs), text: tokenizer.decode(written), finish, routes: routes.finish() };
    } finally {
      probed.close(cache);
    }
  }

  async alternatives(release: ReleaseManifest, { tokens, row, choices }: AlternativesQuestion): Promise<Float64Array> {
    checkQuestion({ tokens, from: row + 1 }, 0, release);
    const { vocabSize } = release.shape;
    const probed = await this.#hold(release);
    const logProbs = new Float64Array(choices.length);
    const prefix = probed.open();
    try {
      const plain = { mask: null, routes: null, promptTokens: row + 1 };
      await probed.run(prefix, tokens.subarray(0, row), { ...plain, from: row }, () => undefined);
      for (let at = 0; at < choices.length; at += this.#settings.chunkTokens) {
        const some = choices.slice(at, at + this.#settings.chunkTokens);
        const pieces: Piece[] = [];
        try {
          for (const routes of some) {
            pieces.push({ cache: probed.fork(prefix), tokens: tokens.subarray(row, row + 1), asked: { ...plain, from: 0, routes: routes.map((route) => ({ ...route, row: 0 })) } });
          }
          const outputs = isBatchDependent(release.routing) ? await oneByOne(probed, pieces) : await probed.runTogether(pieces);
          for (const [index, { logits }] of outputs.entries()) logProbs[at + index] = logits[tokens[row + 1]!]! - logSumExp(logits, 0, vocabSize);
        } finally {
          for (const { cache } of pieces) probed.close(cache);
        }
      }
    } finally {
      probed.close(prefix);
    }
    this.#rows += row + choices.length;
    return logProbs;
  }

  async dispose(): Promise<void> {
    const all = [...this.#loaded.values()];
    this.#loaded.clear();
    for (const one of all) await (await one.catch(() => null))?.dispose();
  }

  async #scoreOne(probed: ProbedRelease, release: ReleaseManifest, { tokens, from, intervention }: ScoreQuestion): Promise<Score> {
    const { shape } = release;
    const logProbs = new Float64Array(tokens.length - from);
    const routes = new RouteRows(shape.layers, release.routing.topK);
    const asked = tokens.subarray(0, -1);
    const cache = probed.open();
    let scored = 0;
    try {
      await probed.run(cache, asked, { from: from - 1, mask: interventionMask(intervention, shape), routes: intervention?.routes ?? null, promptTokens: asked.length }, (output) => {
        routes.add(output);
        for (let base = 0; base < output.logits.length; base += shape.vocabSize) {
          logProbs[scored] = output.logits[base + tokens[from + scored]!]! - logSumExp(output.logits, base, shape.vocabSize);
          scored += 1;
        }
      });
    } finally {
      probed.close(cache);
    }
    this.#rows += asked.length;
    return { logProbs, routes: routes.finish() };
  }

  /** Short questions share steps where that cannot change what is said. */
  #batches(release: ReleaseManifest, questions: readonly ScoreQuestion[]): ScoreQuestion[][] {
    const alone = isBatchDependent(release.routing);
    const batches: ScoreQuestion[][] = [];
    let rows = Infinity;
    for (const question of questions) {
      const own = question.tokens.length - 1;
      rows += own;
      if (alone || rows > this.#settings.chunkTokens) {
        batches.push([]);
        rows = own;
      }
      batches.at(-1)!.push(question);
    }
    return batches;
  }

  async #scoreTogether(probed: ProbedRelease, { shape, routing }: ReleaseManifest, questions: readonly ScoreQuestion[]): Promise<Score[]> {
    const pieces: Piece[] = [];
    try {
      for (const { tokens, from, intervention } of questions) {
        const asked = { from: from - 1, mask: interventionMask(intervention, shape), routes: intervention?.routes ?? null, promptTokens: tokens.length - 1 };
        pieces.push({ cache: probed.open(), tokens: tokens.subarray(0, -1), asked });
      }
      const outputs = await probed.runTogether(pieces);
      return questions.map(({ tokens, from }, at) => {
        const output = outputs[at]!;
        const logProbs = new Float64Array(tokens.length - from);
        for (let scored = 0; scored < logProbs.length; scored++) {
          const base = scored * shape.vocabSize;
          logProbs[scored] = output.logits[base + tokens[from + scored]!]! - logSumExp(output.logits, base, shape.vocabSize);
        }
        const routes = new RouteRows(shape.layers, routing.topK);
        routes.add(output);
        this.#rows += tokens.length - 1;
        return { logProbs, routes: routes.finish() };
      });
    } finally {
      for (const { cache } of pieces) probed.close(cache);
    }
  }

  async #hold(manifest: ReleaseManifest): Promise<ProbedRelease> {
    const id = releaseIdOf(manifest);
    const held = this.#loaded.get(id) ?? this.#load(manifest);
    this.#loaded.delete(id);
    this.#loaded.set(id, held);
    // What makes room goes after the newcomer holds what they share.
    const probed = await held.catch((error: unknown) => {
      this.#loaded.delete(id);
      throw error;
    });
    for (const [other, release] of this.#loaded) {
      if (this.#loaded.size <= this.#settings.maxReleases) break;
      if (other === id) continue;
      this.#loaded.delete(other);
      await (await release).dispose();
    }
    return probed;
  }

  async #load(manifest: ReleaseManifest): Promise<ProbedRelease> {
    const { threads, chunkTokens, maxCacheBytes, locate } = this.#settings;
    const components = Object.fromEntries([...new Set(Object.values(manifest.components))].map((sha256) => [sha256, locate(sha256)]));
    const { layers, experts } = manifest.shape;
    const health = new ReleaseHealth({ layers, experts, components: manifest.components }, UNHURRIED, this.#parts.experts, performance.now());
    const forward = await loadForwardPass({ manifest, components, threads, chunkTokens, maxCacheBytes, parts: this.#parts, health });
    return new ProbedRelease(forward, health, chunkTokens);
  }

  #tokenizer({ components }: ReleaseManifest): Promise<TextTokenizer> {
    const sha256 = components[TOKENIZER] ?? '';
    let tokenizer = this.#tokenizers.get(sha256);
    if (tokenizer === undefined) {
      tokenizer = readFile(this.#settings.locate(sha256), 'utf8').then((text) => loadTokenizer(parseTokenizerBundle(text)));
      this.#tokenizers.set(sha256, tokenizer);
    }
    return tokenizer;
  }
}

function checkQuestion({ tokens, from }: ScoreQuestion, at: number, { shape }: ReleaseManifest): void {
  if (tokens.length < 2 || tokens.length > shape.contextTokens) throw new RangeError(`questions[${at}].tokens has ${tokens.length} tokens; give 2 to ${shape.contextTokens}`);
  if (!Number.isInteger(from) || from < 1 || from >= tokens.length) throw new RangeError(`questions[${at}].from is ${from}; give 1 to ${tokens.length - 1}`);
}

async function oneByOne(probed: ProbedRelease, pieces: readonly Piece[]): Promise<StepOutput[]> {
  const outputs: StepOutput[] = [];
  for (const piece of pieces) outputs.push(...(await probed.runTogether([piece])));
  return outputs;
}

function likeliest(logits: Float32Array): number {
  let best = 0;
  for (let id = 1; id < logits.length; id += 1) if (logits[id]! > logits[best]!) best = id;
  return best;
}
