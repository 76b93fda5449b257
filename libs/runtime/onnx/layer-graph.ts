import { GraphBuilder, type WeightSlice } from './graph-builder.ts';
import { type OnnxModel } from './model.ts';

export interface LayerWeights {
  readonly attentionNorm: WeightSlice;
  readonly query: WeightSlice;
  readonly key: WeightSlice;
  readonly value: WeightSlice;
  readonly output: WeightSlice;
  readonly expertNorm: WeightSlice;
  /** [experts, hiddenSize] */
  readonly router: WeightSlice;
}

export interface LayerShape {
  readonly hiddenSize: number;
  readonly attentionHeads: number;
  readonly keyValueHeads: number;
  readonly headSize: number;
  readonly experts: number;
  readonly rmsNormEpsilon: number;
  readonly slidingWindowTokens: number | null;
}

/**
 * Attention and router of one layer.
 *
 * Inputs: x [batch, tokens, hidden]; past_key and past_value [batch, keyValueHeads, capacity,
 * headSize], keys rotated; positions int64 [batch, tokens]; last_position int32 [batch], the position
 * of each sequence's last token; length int32 [1], the longest sequence of the batch counted with its
 * new tokens; cosine and sine [contextTokens, headSize / 2].
 *
 * Outputs: residual [batch, tokens, hidden] (x plus attention); normed, the experts' input, same
 * shape; logits [batch, tokens, experts]; key (rotated) and value of the new tokens [batch, tokens,
 * keyValueHeads * headSize].
 *
 * GroupQueryAttention computes each sequence and head by itself over just its own positions, so what
 * shares the batch, and how large the cache is, changes no bit. Its outputs `present` stay inside:
 * the Node binding would copy them whole.
 */
export function layerGraph(weights: LayerWeights, shape: LayerShape): OnnxModel {
  const { hiddenSize, keyValueHeads, headSize } = shape;
  const graph = new GraphBuilder();
  const row = ['batch', 'tokens', hiddenSize];
  const past = ['batch', keyValueHeads, 'capacity', headSize];
  const x = graph.input('x', 'F32', row);
  const pastKey = graph.input('past_key', 'F32', past);
  const pastValue = graph.input('past_value', 'F32', past);
  const positions = graph.input('positions', 'I64', ['batch', 'tokens']);
  const lastPosition = graph.input('last_position', 'I32', ['batch']);
  const length = graph.input('length', 'I32', [1]);
  const cosine = graph.input('cosine', 'F32', ['positions', headSize / 2]);
  const sine = graph.input('sine', 'F32', ['positions', headSize / 2]);

  const attentionInput = graph.rmsNorm(x, weights.attentionNorm, shape.rmsNormEpsilon);
  const query = graph.project(attentionInput, [weights.query]);
  const key = graph.project(attentionInput, [weights.key]);
  const value = graph.project(attentionInput, [weights.value], graph.output('value', ['batch', 'tokens', keyValueHeads * headSize]));
  const rotary = (heads: number) => ({ interleaved: { int: 0 }, num_heads: { int: heads } });
  graph.microsoft('RotaryEmbedding', [query, positions, cosine, sine], ['rotated'], rotary(shape.attentionHeads));
  graph.microsoft(
    'RotaryEmbedding',
    [key, positions, cosine, sine],
    [graph.output('key', ['batch', 'tokens', keyValueHeads * headSize])],
    rotary(keyValueHeads),
  );
  graph.microsoft(
    'GroupQueryAttention',
    ['rotated', 'key', value, pastKey, pastValue, lastPosition, length],
    ['attended', 'present_key', 'present_value'],
    {
      num_heads: { int: shape.attentionHeads },
      kv_num_heads: { int: keyValueHeads },
      local_window_size: { int: shape.slidingWindowTokens ?? -1 },
    },
  );
  const attention = graph.project('attended', [weights.output]);
  graph.node('Add', [x, attention], {}, graph.output('residual', row));
  const normed = graph.node(
    'SimplifiedLayerNormalization',
    ['residual', graph.weight(weights.expertNorm)],
    { epsilon: { float: shape.rmsNormEpsilon }, axis: { int: -1 } },
    graph.output('normed', row),
  );
  graph.project(normed, [weights.router], graph.output('logits', ['batch', 'tokens', shape.experts]));
  return graph.model('layer');
}
