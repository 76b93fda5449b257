import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { changeRelease } from '../../../test/fixtures/changed-release.ts';
import { importTinyRelease, type TinyRelease } from '../../../test/fixtures/tiny-release.ts';
import { type GenerateRequest } from './engine.ts';
import { WorkerEngine } from './engine-client.ts';
import { type Answer, collect, plainRequest } from './testing/collect.ts';

let release: TinyRelease;
let engine: WorkerEngine;
const never = new AbortController().signal;

beforeAll(async () => {
  release = await importTinyRelease();
  engine = new WorkerEngine({
    limits: { maxSequences: 16, maxQueued: 16, prefillChunkTokens: 64, threads: 1 },
    maxCacheBytes: 2 ** 28,
  });
  await engine.load(release.releaseId, release.manifest, release.components);
});
afterAll(async () => {
  await engine.close(0);
});

function ask(change: Partial<GenerateRequest>): Promise<Answer> {
  const request = plainRequest({ releaseId: release.releaseId, ...change });
  return collect(engine.generate(request, never), request.choices);
}

const sampled = { ...plainRequest({}).sampling, temperature: 0.8, topP: 0.95 };

describe('the engine on the demo model', () => {
  it('continues the golden prompts greedily, word for word, with the reference routing', async () => {
    const answers = await Promise.all(
      release.goldenPrompts.map(({ inputIds }) => ask({ promptTokens: Uint32Array.from(inputIds), maxTokens: 32 })),
    );
    const { layers } = release.manifest.shape;
    for (const [at, prompt] of release.goldenPrompts.entries()) {
      const { tokenIds, texts, outcome } = answers[at] as Answer;
      expect(tokenIds[0]).toEqual(prompt.greedyIds);
      expect(texts[0]).toBe(prompt.greedyText);
      expect(outcome.choiceRows).toEqual([prompt.greedyIds.length - 1]);
      const wanted = prompt.inputIds.flatMap((_, row) => prompt.experts.flatMap((byRow) => byRow[row] ?? []));
      expect(Array.from(outcome.expertIds.subarray(0, prompt.inputIds.length * layers * 2))).toEqual(wanted);
    }
  });

  it('repeats a seed bit for bit, alone and among fifteen others', async () => {
    const requests = Array.from({ length: 16 }, (_, at) => ({
      promptTokens: Uint32Array.from(release.goldenPrompts[at % 12]?.inputIds ?? []),
      maxTokens: 12 + at,
      logprobs: 2,
      ignoreEos: true,
      sampling: { ...sampled, seed: at },
    }));
    const together = await Promise.all(requests.map(ask));
    for (const at of [0, 7, 11, 15]) {
      const alone = await ask(requests[at] ?? {});
      const { outcome, ...answer } = together[at] as Answer;
      expect(answer).toEqual({ texts: alone.texts, tokenIds: alone.tokenIds, logprobs: alone.logprobs, reasons: alone.reasons, stopTexts: alone.stopTexts, promptLogprobs: null });
      expect(outcome.expertIds).toEqual(alone.outcome.expertIds);
      expect(outcome.gates).toEqual(alone.outcome.gates);
    }
    expect(new Set(together.map(({ texts }) => texts[0])).size).toBe(16);
  });

  it('reports weights, cache and expert latencies', async () => {
    const { outcome } = await ask({ promptTokens: Uint32Array.of(0, 68, 433), choices: 3, maxTokens: 6, ignoreEos: true, sampling: sampled });
    expect(outcome).toMatchObject({ status: 'answered', promptRows: 3, choiceRows: [5, 5, 5] });
    const figures = await engine.drainFigures(release.releaseId);
    expect(figures.length).toBeGreaterThan(16);
    expect(figures.every(({ runs, tokens }) => runs > 0 && tokens >= runs)).toBe(true);
    const [status] = engine.status().releases;
    expect(Object.keys(status?.weightBytes ?? {}).length).toBeGreaterThan(32);
  });

  it('makes one session for a release that swaps one expert, and counts shared weights once', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'signalbox-swap-'));
    const swapped = await changeRelease(release, ['expert/1/3'], folder);
    const before = engine.status();
    const prompt = { promptTokens: Uint32Array.from(release.goldenPrompts[0]?.inputIds ?? []), maxTokens: 8, ignoreEos: true };
    const [answer] = await Promise.all([ask(prompt), engine.load(swapped.releaseId, swapped.manifest, swapped.components)]);
    const after = engine.status();
    expect(after.releases[1]?.sessions).toEqual({ made: 1, shared: before.sessions.resident - 1 });
    expect(after.sessions.resident).toBe(before.sessions.resident + 1);
    expect(after.weightBytes - before.weightBytes).toBe(after.releases[1]?.weightBytes['expert/1/3']);
    await engine.unload(swapped.releaseId);
    expect(engine.status()).toMatchObject({ weightBytes: before.weightBytes, sessions: { resident: before.sessions.resident } });
    expect((await ask(prompt)).tokenIds).toEqual(answer.tokenIds);
    await rm(folder, { recursive: true });
  });
});
