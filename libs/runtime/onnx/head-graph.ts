import { GraphBuilder, type Matrix, type WeightSlice } from './graph-builder.ts';
import { type OnnxModel } from './model.ts';

export interface HeadWeights {
  readonly norm: WeightSlice;
  /** [vocabSize, hiddenSize]; the embedding itself where the head is tied. */
  readonly head: Matrix;
}

/** Final norm and vocabulary projection: x [rows, hidden] -> logits [rows, vocabSize]. */
export function headGraph(weights: HeadWeights, hiddenSize: number, vocabSize: number, rmsNormEpsilon: number): OnnxModel {
  const graph = new GraphBuilder();
  const x = graph.input('x', 'F32', ['rows', hiddenSize]);
  const normed = graph.rmsNorm(x, weights.norm, rmsNormEpsilon);
  graph.project(normed, [weights.head], graph.output('logits', ['rows', vocabSize]));
  return graph.model('head');
}
