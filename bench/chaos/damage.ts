import { readdirSync, readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ComponentStore } from '#libs/checkpoint/components/component-store';
import { importCheckpoint } from '#libs/checkpoint/import-checkpoint';
import { type ExpertMask, maskExpert, newExpertMask } from '#libs/moe/expert-mask';
import { type FallbackRung, type ReleaseManifest } from '#libs/release/manifest';
import { type EngineParts, newEngineParts } from '#libs/runtime/forward/engine-parts';
import { type ForwardPass } from '#libs/runtime/forward/forward-pass';
import { loadForwardPass } from '#libs/runtime/forward/load-release';
import { DEFAULT_HEALTH_LIMITS } from '#libs/runtime/health/health-limits';
import { ReleaseHealth } from '#libs/runtime/health/release-health';
import { loadTokenizer } from '#libs/runtime/tokenizer/text-tokenizer';
import { rowLogprobs } from '#libs/runtime/sampling/logprobs';
import { DECISION_FLAGS } from '#libs/trace/trace';
import { DEMO_MODEL } from '../harness/signalbox.ts';

const CACHE_BYTES = 2 ** 28;
const WINDOW_TOKENS = 256;
const DOCUMENT_SEPARATOR = '\n\u001e\n';
const UNAVAILABLE = DECISION_FLAGS.unavailable;

/** The rungs that are compared, each with what follows where it cannot serve. */
export const LADDERS: readonly { readonly name: string; readonly ladder: readonly FallbackRung[] }[] = [
  { name: 'renormalise', ladder: ['renormalise', 'next-best'] },
  { name: 'next-best', ladder: ['next-best'] },
  { name: 'generalist', ladder: ['generalist'] },
];

/** A text, cut into windows; each token but a window's first is predicted once. */
interface Text {
  readonly windows: readonly Uint32Array[];
  readonly bytes: number;
}

export interface Damage {
  readonly bitsPerByte: number;
  /** Share of decisions whose selected experts were not all there. */
  readonly degradedShare: number;
}

/** The demo model with experts taken away, by one ladder after the other, over one text. */
export class DamageBench {
  readonly text: Text;
  readonly manifest: ReleaseManifest;
  readonly #paths: Readonly<Record<string, string>>;
  readonly #parts: EngineParts;
  readonly #threads: number;

  private constructor(text: Text, manifest: ReleaseManifest, paths: Readonly<Record<string, string>>, threads: number) {
    this.text = text;
    this.manifest = manifest;
    this.#paths = paths;
    this.#parts = newEngineParts(CACHE_BYTES);
    this.#threads = threads;
  }

  /** @param directory of held-out text, one file for each domain; empty: the prompts that come with the model */
  static async open(home: string, directory: string, maxTokens: number, threads: number): Promise<DamageBench> {
    await mkdir(home, { recursive: true });
    const store = await ComponentStore.open(join(home, 'components'));
    const { manifest } = await importCheckpoint({ directory: DEMO_MODEL, model: 'tiny-mixtral', store, journalDirectory: join(home, 'imports') });
    const paths = Object.fromEntries(Object.values(manifest.components).map((sha256) => [sha256, store.pathOf(sha256)]));
    return new DamageBench(readText(directory, maxTokens), manifest, paths, threads);
  }

  /** @param generalists by layer; null where the ladder needs none */
  async measure(ladder: readonly FallbackRung[], generalists: readonly number[] | null, lost: ExpertMask | null): Promise<Damage> {
    let nats = 0;
    let degraded = 0;
    let decisions = 0;
    await this.#eachWindow(ladder, generalists, lost, (logits, window, flags) => {
      const { vocabSize } = this.manifest.shape;
      for (let row = 0; row + 1 < window.length; row++) nats -= rowLogprobs(logits, row * vocabSize, vocabSize, window[row + 1]!, 0).logprob;
      decisions += window.length * this.manifest.shape.layers;
      for (const flag of flags ?? []) if ((flag & UNAVAILABLE) !== 0) degraded += 1;
    });
    return { bitsPerByte: nats / Math.LN2 / this.text.bytes, degradedShare: degraded / decisions };
  }

  /** The most used expert of each layer. */
  async busiest(): Promise<number[]> {
    const { layers, experts } = this.manifest.shape;
    const { topK } = this.manifest.routing;
    const counts = Array.from({ length: layers }, () => new Float64Array(experts));
    await this.#eachWindow(['renormalise'], null, null, (_, window, __, expertIds) => {
      for (let at = 0; at < window.length * layers * topK; at++) counts[Math.floor(at / topK) % layers]![expertIds[at]!]! += 1;
    });
    return counts.map((row) => row.indexOf(Math.max(...row)));
  }

  async #eachWindow(
    ladder: readonly FallbackRung[],
    generalists: readonly number[] | null,
    lost: ExpertMask | null,
    take: (logits: Float32Array, window: Uint32Array, flags: Uint8Array | null, expertIds: Uint16Array) => void,
  ): Promise<void> {
    const { shape, components } = this.manifest;
    const fallback = { ladder, ...(generalists ? { generalists } : {}) };
    const manifest = { ...this.manifest, routing: { ...this.manifest.routing, fallback } };
    const health = new ReleaseHealth({ layers: shape.layers, experts: shape.experts, components }, DEFAULT_HEALTH_LIMITS, this.#parts.experts, 0);
    health.quarantine(lost, 0);
    const pass = await loadForwardPass({ manifest, components: this.#paths, threads: this.#threads, chunkTokens: WINDOW_TOKENS, maxCacheBytes: CACHE_BYTES, parts: this.#parts, health });
    try {
      for (const window of this.text.windows) await runWindow(pass, window, take);
    } finally {
      await pass.dispose();
      health.dispose();
    }
  }
}

async function runWindow(pass: ForwardPass, window: Uint32Array, take: (logits: Float32Array, window: Uint32Array, flags: Uint8Array | null, expertIds: Uint16Array) => void): Promise<void> {
  const cache = pass.open();
  try {
    const [output] = await pass.step([{ cache, tokens: window, logitsFrom: 0 }]);
    if (!output || output.failure) throw new Error(`a window could not be served: ${output?.failure ?? 'no output'}`);
    take(output.logits, window, output.flags ?? null, output.expertIds);
  } finally {
    pass.close(cache);
  }
}

function readText(directory: string, maxTokens: number): Text {
  const tokenizer = loadTokenizer({
    format: 'signalbox.tokenizer/1',
    files: {
      'tokenizer.json': readFileSync(join(DEMO_MODEL, 'tokenizer.json'), 'utf8'),
      'tokenizer_config.json': readFileSync(join(DEMO_MODEL, 'tokenizer_config.json'), 'utf8'),
    },
  });
  const domains = directory === '' ? demoPrompts() : heldOut(directory);
  const windows: Uint32Array[] = [];
  let bytes = 0;
  for (const documents of domains) {
    let tokens = 0;
    for (const document of documents) {
      if (tokens >= maxTokens / domains.length) break;
      const ids = [...tokenizer.encode(document, { special: true })].slice(0, WINDOW_TOKENS);
      tokens += ids.length;
      windows.push(Uint32Array.from(ids));
      // The first token is the beginning of text, which nothing predicts.
      bytes += Buffer.byteLength(tokenizer.decode(ids.slice(1)));
    }
  }
  return { windows, bytes };
}

function demoPrompts(): string[][] {
  const folder = join(DEMO_MODEL, 'prompts');
  return readdirSync(folder).map((file) =>
    readFileSync(join(folder, file), 'utf8')
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { prompt: string }).prompt),
  );
}

function heldOut(directory: string): string[][] {
  return readdirSync(directory)
    .filter((file) => file.endsWith('.txt'))
    .map((file) => readFileSync(join(directory, file), 'utf8').split(DOCUMENT_SEPARATOR));
}

/** `count` experts of each layer, drawn by `seed`, but none of `spared`. */
export function drawLost({ layers, experts }: ReleaseManifest['shape'], count: number, seed: number, spared: readonly number[]): ExpertMask {
  const mask = newExpertMask(layers, experts);
  let state = (seed * 1_000_003 + count * 7919 + 1) >>> 0;
  const draw = (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state >>> 8) % below;
  };
  for (let layer = 0; layer < layers; layer++) {
    const left = Array.from({ length: experts }, (_, expert) => expert).filter((expert) => expert !== spared[layer]);
    for (let taken = 0; taken < count; taken++) maskExpert(mask, layer, left.splice(draw(left.length), 1)[0]!);
  }
  return mask;
}
