import { GraphBuilder, type Matrix } from './graph-builder.ts';
import { type OnnxModel } from './model.ts';

export interface ExpertWeights {
  /** [expertWidth, hiddenSize] */
  readonly gate: Matrix;
  /** [expertWidth, hiddenSize] */
  readonly up: Matrix;
  /** [hiddenSize, expertWidth] */
  readonly down: Matrix;
}

/** One expert: x [rows, hidden] -> y [rows, hidden], y = down(silu(gate x) * up x) (SwiGLU, Shazeer 2020). */
export function expertGraph(weights: ExpertWeights, hiddenSize: number): OnnxModel {
  const graph = new GraphBuilder();
  const x = graph.input('x', 'F32', ['rows', hiddenSize]);
  const gate = graph.project(x, [weights.gate]);
  const up = graph.project(x, [weights.up]);
  // QuickGelu with alpha 1 is x * sigmoid(x) in one pass.
  graph.microsoft('QuickGelu', [gate], ['silu'], { alpha: { float: 1 } });
  graph.project(graph.node('Mul', ['silu', up]), [weights.down], graph.output('y', ['rows', hiddenSize]));
  return graph.model('expert');
}
