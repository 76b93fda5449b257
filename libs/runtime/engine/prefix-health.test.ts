import { expect, it } from 'vitest';
import { DECISION_FLAGS } from '#libs/trace/trace';
import { PrefixCache, type PromptChunk } from './prefix-cache.ts';
import { plainRequest } from './testing/collect.ts';

const CHUNK = 2;

function chunk(flags: Uint8Array | null): PromptChunk {
  return { tokens: Uint32Array.of(1, 2), output: { expertIds: new Uint16Array(4), gates: new Float32Array(4), flags } };
}

it('keeps no beginning that ran without some expert: another may have it again', () => {
  for (const [flags, isKept] of [[null, true], [Uint8Array.of(0, DECISION_FLAGS.masked), true], [Uint8Array.of(0, DECISION_FLAGS.unavailable | DECISION_FLAGS.fallback), false]] as const) {
    const prefixes = new PrefixCache({ forward: { fork: (cache) => cache, close: () => undefined }, maxBytes: 1e6, chunkTokens: CHUNK, bytesFor: (tokens) => tokens });
    const request = plainRequest({ promptTokens: Uint32Array.of(1, 2, 3) });
    for (let time = 0; time < 3; time++) prefixes.offer(request, { id: 1, length: CHUNK }, [chunk(flags)]);
    expect(prefixes.take(request) !== null).toBe(isKept);
  }
});
