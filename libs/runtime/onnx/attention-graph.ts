import { GraphBuilder, type Matrix, type WeightSlice } from './graph-builder.ts';
import { type OnnxModel } from './model.ts';

export interface LayerWeights {
  readonly attentionNorm: WeightSlice;
  /** Projections are [out, in]. */
  readonly query: Matrix;
  readonly key: Matrix;
  readonly value: Matrix;
  readonly output: Matrix;
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
}

/**
 * The first half of a layer: x [rows, hidden] -> projected [rows, (attentionHeads + 2 keyValueHeads)
 * * headSize], queries, keys and values side by side, not yet rotated.
 */
export function projectionGraph(weights: LayerWeights, shape: LayerShape): OnnxModel {
  const graph = new GraphBuilder();
  const x = graph.input('x', 'F32', ['rows', shape.hiddenSize]);
  const normed = graph.rmsNorm(x, weights.attentionNorm, shape.rmsNormEpsilon);
  const width = (shape.attentionHeads + 2 * shape.keyValueHeads) * shape.headSize;
  graph.project(normed, [weights.query, weights.key, weights.value], graph.output('projected', ['rows', width]));
  return graph.model('projection');
}

/**
 * The second half of a layer: grouped-query attention (Ainslie et al. 2023) over the cache, which
 * already holds the new tokens, then the router.
 *
 * Inputs: x [batch, tokens, hidden]; query [batch, keyValueHeads, groups, queries, headSize], rotated
 * and divided by sqrt(headSize); key (rotated) and value [batch, keyValueHeads, 1, capacity, headSize];
 * mask [batch, 1, 1, 1 or queries, capacity], 0 where a row may look and -Infinity elsewhere. With one
 * token for each sequence every query head is a group of one query: a product of one row with the
 * cache as it lies, without packing it first (0.5 to 0.9 of the time of two rows). Otherwise there is
 * one group of heads per key head * tokens queries.
 *
 * Outputs: residual [batch, tokens, hidden], x plus attention; normed, the experts' input, same
 * shape; logits [batch, tokens, experts].
 *
 * Every sequence and head is a matrix product of its own over the whole capacity, which depends
 * on the sequence's length alone: what shares the batch changes no bit.
 */
export function attentionGraph(weights: LayerWeights, shape: LayerShape): OnnxModel {
  const { hiddenSize, attentionHeads, keyValueHeads, headSize } = shape;
  const graph = new GraphBuilder();
  const row = ['batch', 'tokens', hiddenSize];
  const cached = ['batch', keyValueHeads, 1, 'capacity', headSize];
  const x = graph.input('x', 'F32', row);
  const query = graph.input('query', 'F32', ['batch', keyValueHeads, 'groups', 'queries', headSize]);
  const key = graph.input('key', 'F32', cached);
  const value = graph.input('value', 'F32', cached);
  const mask = graph.input('mask', 'F32', ['batch', 1, 1, 'mask_rows', 'capacity']);

  graph.microsoft('FusedMatMul', [query, key], ['scores'], { transB: { int: 1 }, alpha: { float: 1 } });
  const shares = graph.node('Softmax', [graph.node('Add', ['scores', mask])], { axis: { int: -1 } });
  const byHead = graph.reshape(graph.node('MatMul', [shares, value]), [0, attentionHeads, -1, headSize]);
  const byToken = graph.node('Transpose', [byHead], { perm: { ints: [0, 2, 1, 3] } });
  const attended = graph.reshape(byToken, [0, 0, attentionHeads * headSize]);
  const residual = graph.node('Add', [x, graph.project(attended, [weights.output])], {}, graph.output('residual', row));
  const normed = graph.rmsNorm(residual, weights.expertNorm, shape.rmsNormEpsilon, graph.output('normed', row));
  graph.project(normed, [weights.router], graph.output('logits', ['batch', 'tokens', shape.experts]));
  return graph.model('attention');
}
