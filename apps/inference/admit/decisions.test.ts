import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decideContext, textTooLong } from './context-limit.ts';
import { decideLogprobs, tooManyEntries } from './logprob-limit.ts';
import { MAX_INDEXED, newRequestId, promptId } from './request-id.ts';
import { samplingSettings } from './sampling-settings.ts';

describe('context', () => {
  it('never admits more tokens than it holds, and says why it refuses', () => {
    const counts = fc.tuple(fc.nat(200), fc.option(fc.nat(200)), fc.integer({ min: 1, max: 128 }));
    fc.assert(
      fc.property(counts, ([prompt, wanted, context]) => {
        const decision = decideContext(prompt, wanted, context, 'prompt');
        if (decision.reason === 'fits') {
          expect(prompt).toBeGreaterThan(0);
          expect(prompt + Math.max(decision.maxTokens - 1, 0)).toBeLessThanOrEqual(context);
          expect(wanted === null ? decision.maxTokens >= 1 : decision.maxTokens === wanted).toBe(true);
        } else if (decision.reason !== 'empty-prompt') expect(decision.failure.code).toBe('context_length_exceeded');
      }),
    );
  });

  it('names each reason', () => {
    expect(decideContext(0, 1, 8, 'prompt').reason).toBe('empty-prompt');
    expect(decideContext(9, 1, 8, 'prompt').reason).toBe('prompt-too-long');
    expect(decideContext(8, 1, 8, 'prompt')).toEqual({ reason: 'fits', maxTokens: 1 });
    expect(decideContext(8, 0, 8, 'prompt')).toEqual({ reason: 'fits', maxTokens: 0 });
    expect(decideContext(4, 6, 8, 'messages').reason).toBe('answer-too-long');
    expect(decideContext(4, null, 8, 'messages')).toEqual({ reason: 'fits', maxTokens: 5 });
    expect(textTooLong(513, 8, 64, 'prompt')?.code).toBe('context_length_exceeded');
    expect(textTooLong(512, 8, 64, 'prompt')).toBeNull();
  });
});

describe('logprobs', () => {
  it('are bounded by the server, or by the vocabulary where it permits all', () => {
    expect(decideLogprobs(null, 20, 100, 'logprobs')).toEqual({ reason: 'off', alternatives: null });
    expect(decideLogprobs(20, 20, 100, 'logprobs')).toEqual({ reason: 'within-limit', alternatives: 20 });
    expect(decideLogprobs(21, 20, 100, 'logprobs').reason).toBe('too-many');
    expect(decideLogprobs(-1, 20, 100, 'logprobs').reason).toBe('vocabulary-not-permitted');
    expect(decideLogprobs(-1, -1, 100, 'logprobs')).toEqual({ reason: 'within-limit', alternatives: 100 });
    expect(decideLogprobs(101, -1, 100, 'top_logprobs').reason).toBe('too-many');
  });

  it('are bounded over the answer', () => {
    expect(tooManyEntries(10, 9, 100, 'logprobs')).toBeNull();
    expect(tooManyEntries(11, 9, 100, 'logprobs')).toMatchObject({ param: 'logprobs', message: expect.stringContaining('110') });
    expect(tooManyEntries(1e9, null, 100, 'logprobs')).toBeNull();
  });
});

describe('request ids', () => {
  const draws = fc.tuple(fc.integer({ min: 0, max: 2 ** 48 - 1 }), fc.uint8Array({ minLength: 10, maxLength: 10 }));

  it('are UUIDs of version 7, in order of time', () => {
    fc.assert(
      fc.property(draws, ([atMs, random]) => {
        const id = newRequestId(atMs, random);
        expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{9}000$/);
        expect(Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16)).toBe(atMs);
      }),
    );
  });

  it('give each prompt its own, the first the request has', () => {
    const id = newRequestId(1, new Uint8Array(10).fill(255));
    expect(promptId(id, 0)).toBe(id);
    expect(new Set(Array.from({ length: MAX_INDEXED }, (_, index) => promptId(id, index))).size).toBe(MAX_INDEXED);
    expect(() => promptId(id, MAX_INDEXED)).toThrow(RangeError);
  });
});

it('translates what is off in vLLM and OpenAI to what is off in the engine', () => {
  expect(samplingSettings({ top_k: -1, top_p: 0 }, 3)).toMatchObject({ topK: 0, topP: 1e-9, seed: 3 });
});
