import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { importCheckpoint } from '#libs/checkpoint/import-checkpoint';
import { ComponentStore } from '#libs/checkpoint/components/component-store';
import { type GenerateRequest } from '#libs/runtime/engine/engine';
import { WorkerEngine } from '#libs/runtime/engine/engine-client';
import { DEMO_MODEL, DEMO_VOCAB_SIZE } from '../harness/signalbox.ts';

const FIRST_ORDINARY_TOKEN = 3;
const GREEDY = { temperature: 0, topP: 1, topK: 0, minP: 0, presencePenalty: 0, frequencyPenalty: 0, repetitionPenalty: 1, logitBias: {}, seed: 0 };

/** The engine without HTTP, as llama-bench is llama.cpp without HTTP. */
export class EngineUnderTest {
  private constructor(
    private readonly engine: WorkerEngine,
    private readonly releaseId: string,
  ) {}

  static async start(home: string, threads: number): Promise<EngineUnderTest> {
    const store = await ComponentStore.open(join(home, 'components'));
    const { manifest, releaseId } = await importCheckpoint({ directory: DEMO_MODEL, model: 'tiny-mixtral', store, journalDirectory: join(home, 'journal') });
    const engine = new WorkerEngine({
      limits: { maxSequences: 16, maxQueued: 64, prefillChunkTokens: 256, threads },
      maxCacheBytes: 2 ** 28,
    });
    const paths = Object.fromEntries(Object.values(manifest.components).map((sha256) => [sha256, store.pathOf(sha256)]));
    await engine.load(releaseId, manifest, paths);
    return new EngineUnderTest(engine, releaseId);
  }

  /** Milliseconds of one generation: the engine's own prefill and decode times. */
  async generate(promptTokens: number, maxTokens: number): Promise<{ prefillMs: number; decodeMs: number }> {
    const request: GenerateRequest = {
      id: crypto.randomUUID(),
      releaseId: this.releaseId,
      promptTokens: Uint32Array.from({ length: promptTokens }, () => FIRST_ORDINARY_TOKEN + Math.floor(Math.random() * (DEMO_VOCAB_SIZE - FIRST_ORDINARY_TOKEN))),
      choices: 1,
      maxTokens,
      stop: [],
      stopTokenIds: [],
      ignoreEos: true,
      sampling: GREEDY,
      logprobs: null,
      promptLogprobs: null,
    };
    for await (const event of this.engine.generate(request, new AbortController().signal)) {
      if (event.type === 'finished') return event.outcome.timing;
    }
    throw new Error('the generation did not finish');
  }

  close(): Promise<void> {
    return this.engine.close(1_000);
  }
}

/** Tokens per second of llama-bench: one prompt of 256 tokens, 128 decoded tokens. */
export function llamaBench(binaries: string, gguf: string, threads: number): { prefill: number; decode: number } {
  const output = execFileSync(join(binaries, 'llama-bench'), ['-m', gguf, '-t', String(threads), '-p', '256', '-n', '128', '-r', '5', '-o', 'json'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const runs = JSON.parse(output) as { n_prompt: number; n_gen: number; avg_ts: number }[];
  const speed = (isPrefill: boolean) => runs.find((run) => (isPrefill ? run.n_prompt > 0 : run.n_gen > 0))?.avg_ts ?? Number.NaN;
  return { prefill: speed(true), decode: speed(false) };
}
