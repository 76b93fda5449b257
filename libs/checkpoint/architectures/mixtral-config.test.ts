import { describe, expect, it } from 'vitest';
import { SMALL_CONFIG } from '../../../test/fixtures/small-checkpoint.ts';
import { type ModelDescription } from './architecture.ts';
import { describeMixtral } from './mixtral-config.ts';
import { architectureOf } from './registry.ts';

function shapeOf(change: Record<string, unknown>, generation: unknown = null): ModelDescription['shape'] {
  return describeMixtral({ ...SMALL_CONFIG, ...change }, generation).shape;
}

describe('describeMixtral', () => {
  it('reads shape and routing', () => {
    expect(describeMixtral(SMALL_CONFIG, null)).toEqual({
      architecture: 'mixtral',
      shape: {
        vocabSize: 24,
        hiddenSize: 8,
        layers: 2,
        experts: 3,
        expertWidth: 12,
        attentionHeads: 4,
        keyValueHeads: 2,
        headSize: 4,
        contextTokens: 64,
        rmsNormEpsilon: 1e-5,
        ropeTheta: 10_000,
        slidingWindowTokens: null,
        tiedHead: false,
        bosTokenId: 0,
        eosTokenIds: [1],
      },
      routing: { gating: 'softmax-topk', topK: 2, normalise: true },
    });
  });

  it('takes the head size from the heads where it is not given', () => {
    expect(shapeOf({ head_dim: null }).headSize).toBe(2);
    expect(() => shapeOf({ head_dim: undefined, num_attention_heads: 3, num_key_value_heads: 3 })).toThrow('head_dim must be given');
  });

  it('reads the rotary base as transformers 4 and 5 write it', () => {
    const rope = { rope_type: 'default', rope_theta: 5e5 };
    expect(shapeOf({ rope_theta: undefined, rope_parameters: rope }).ropeTheta).toBe(5e5);
    expect(shapeOf({ rope_theta: 1e6, rope_scaling: null }).ropeTheta).toBe(1e6);
  });

  it('reads one end token or several, and prefers those of generation_config.json', () => {
    expect(shapeOf({ eos_token_id: [1, 3] }).eosTokenIds).toEqual([1, 3]);
    expect(shapeOf({}, { eos_token_id: 4 }).eosTokenIds).toEqual([4]);
    expect(shapeOf({}, { eos_token_id: [4, 5] }).eosTokenIds).toEqual([4, 5]);
    expect(shapeOf({}, { temperature: 1 }).eosTokenIds).toEqual([1]);
    expect(shapeOf({ eos_token_id: null, bos_token_id: null })).toMatchObject({ eosTokenIds: [], bosTokenId: null });
  });

  it('keeps window and tied head', () => {
    expect(shapeOf({ sliding_window: 16, tie_word_embeddings: true })).toMatchObject({ slidingWindowTokens: 16, tiedHead: true });
  });

  it.each([
    ['generation_config.json', () => shapeOf({}, { eos_token_id: 'x' })],
    ['rope_parameters.factor', () => shapeOf({ rope_parameters: { rope_type: 'default', rope_theta: 1e4, factor: 8 } })],
    ['partial_rotary_factor', () => shapeOf({ partial_rotary_factor: 0.5 })],
    ['num_key_value_heads', () => shapeOf({ num_key_value_heads: 3 })],
    ['even for rotary', () => shapeOf({ head_dim: 3 })],
  ])('names %s where it cannot be used', (field, read) => {
    expect(read).toThrow(field);
  });
});

describe('architectureOf', () => {
  it('goes by the class, and by the model type only where no class is named', () => {
    expect(architectureOf(SMALL_CONFIG).classNames).toContain('MixtralForCausalLM');
    expect(architectureOf({ model_type: 'mixtral' }).classNames).toContain('MixtralForCausalLM');
    expect(() => architectureOf({ model_type: 'mixtral', architectures: ['MixtralForSequenceClassification'] })).toThrow('MixtralForSequenceClassification');
    expect(() => architectureOf({})).toThrow('none');
    expect(() => architectureOf('mixtral')).toThrow('config.json');
  });
});
