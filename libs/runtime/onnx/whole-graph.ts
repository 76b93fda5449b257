import { type ModelShape } from '#libs/release/manifest';
import { type LayerWeights } from './attention-graph.ts';
import { type ExpertWeights } from './expert-graph.ts';
import { GraphBuilder } from './graph-builder.ts';
import { type HeadWeights } from './head-graph.ts';
import { type OnnxModel } from './model.ts';

export interface WholeWeights {
  /** By layer. */
  readonly layers: readonly LayerWeights[];
  /** [layer][expert] */
  readonly experts: readonly (readonly ExpertWeights[])[];
  readonly head: HeadWeights;
}

/** Names of the inputs and outputs that every layer has one of. */
export const LAYER_VALUES = {
  pastKey: (layer: number) => `past_key_${layer}`,
  pastValue: (layer: number) => `past_value_${layer}`,
  bias: (layer: number) => `router_bias_${layer}`,
  newKey: (layer: number) => `new_key_${layer}`,
  newValue: (layer: number) => `new_value_${layer}`,
  logits: (layer: number) => `router_logits_${layer}`,
  ids: (layer: number) => `expert_ids_${layer}`,
  gates: (layer: number) => `gates_${layer}`,
} as const;

/** What the operators of one layer share. */
interface Step {
  readonly graph: GraphBuilder;
  readonly shape: ModelShape;
  readonly topK: number;
  readonly normalise: boolean;
  readonly positions: string;
  readonly cosine: string;
  readonly sine: string;
  readonly mask: string;
}

/**
 * A whole release as one graph, for accelerators: attention with the cache as input, top-k of the biased
 * router logits, each expert over the rows that chose it (Gather, ScatterND with addition), head.
 *
 * Inputs: x [batch, tokens, hidden], embedded; positions [batch, tokens], which row of the angles each
 * token has; cosine and sine [angles, headSize / 2]; mask [batch, 1, 1 or heads per key head * tokens,
 * capacity + tokens], 0 or a large negative number, cached positions first; past keys (rotated) and values
 * by layer [batch, keyValueHeads, capacity, headSize]; router bias by layer [batch * tokens, experts],
 * added to the logits before selection and gates; wanted [n], the rows whose logits are wanted.
 *
 * Outputs: logits [n, vocabSize]; by layer the new keys and values [batch, keyValueHeads, tokens,
 * headSize], the router's logits [batch * tokens, experts] without bias, expert ids [batch * tokens, topK]
 * by descending gate, and gates.
 *
 * Row counts of the experts' products depend on the batch, so bits may too.
 */
export function wholeGraph(weights: WholeWeights, shape: ModelShape, routing: { readonly topK: number; readonly normalise: boolean }): OnnxModel {
  const graph = new GraphBuilder();
  const half = shape.headSize / 2;
  let x = graph.input('x', 'F32', ['batch', 'tokens', shape.hiddenSize]);
  const step: Step = {
    graph,
    shape,
    topK: routing.topK,
    normalise: routing.normalise,
    positions: graph.input('positions', 'I64', ['batch', 'tokens']),
    cosine: graph.input('cosine', 'F32', ['angles', half]),
    sine: graph.input('sine', 'F32', ['angles', half]),
    mask: graph.input('mask', 'F32', ['batch', 1, 'mask_rows', 'seen']),
  };
  const wanted = graph.input('wanted', 'I64', ['wanted']);
  for (const [layer, layerWeights] of weights.layers.entries()) {
    x = attention(step, layer, layerWeights, x);
    x = experts(step, layer, layerWeights, weights.experts[layer]!, x);
  }
  const rows = graph.node('Gather', [graph.reshape(x, [-1, shape.hiddenSize]), wanted], { axis: { int: 0 } });
  const normed = graph.rmsNorm(rows, weights.head.norm, shape.rmsNormEpsilon);
  graph.project(normed, [weights.head.head], graph.output('logits', ['wanted', shape.vocabSize]));
  return graph.model('whole');
}

/** Grouped-query attention (Ainslie et al. 2023) over cached and new positions; gives x plus attention. */
function attention(step: Step, layer: number, weights: LayerWeights, x: string): string {
  const { graph, shape, mask } = step;
  const { keyValueHeads, attentionHeads, headSize } = shape;
  const normed = graph.rmsNorm(x, weights.attentionNorm, shape.rmsNormEpsilon);
  const query = rotated(step, heads(step, graph.project(normed, [weights.query]), attentionHeads));
  const newKey = rotated(step, heads(step, graph.project(normed, [weights.key]), keyValueHeads));
  const newValue = heads(step, graph.project(normed, [weights.value]), keyValueHeads);
  const given = ['batch', keyValueHeads, 'tokens', headSize];
  graph.node('Identity', [newKey], {}, graph.output(LAYER_VALUES.newKey(layer), given));
  graph.node('Identity', [newValue], {}, graph.output(LAYER_VALUES.newValue(layer), given));
  const cached = ['batch', keyValueHeads, 'capacity', headSize];
  const key = graph.node('Concat', [graph.input(LAYER_VALUES.pastKey(layer), 'F32', cached), newKey], { axis: { int: 2 } });
  const value = graph.node('Concat', [graph.input(LAYER_VALUES.pastValue(layer), 'F32', cached), newValue], { axis: { int: 2 } });
  // Query heads that share a key head lie one after another: [batch, keyValueHeads, heads per key head * tokens, headSize].
  const byKey = graph.reshape(query, [0, keyValueHeads, -1, headSize]);
  const scores = graph.node('MatMul', [byKey, graph.node('Transpose', [key], { perm: { ints: [0, 1, 3, 2] } })]);
  const scaled = graph.node('Mul', [scores, graph.float(1 / Math.sqrt(headSize))]);
  const shares = graph.node('Softmax', [graph.node('Add', [scaled, mask])], { axis: { int: -1 } });
  const byHead = graph.reshape(graph.node('MatMul', [shares, value]), [0, attentionHeads, -1, headSize]);
  const byToken = graph.node('Transpose', [byHead], { perm: { ints: [0, 2, 1, 3] } });
  const attended = graph.reshape(byToken, [0, 0, attentionHeads * headSize]);
  return graph.node('Add', [x, graph.project(attended, [weights.output])]);
}

/** [batch, tokens, heads * headSize] -> [batch, heads, tokens, headSize] */
function heads({ graph, shape }: Step, x: string, count: number): string {
  return graph.node('Transpose', [graph.reshape(x, [0, 0, count, shape.headSize])], { perm: { ints: [0, 2, 1, 3] } });
}

function rotated({ graph, positions, cosine, sine }: Step, x: string): string {
  return graph.fused('RotaryEmbedding', [x, positions, cosine, sine], { interleaved: { int: 0 } });
}

/** Router and experts of a layer; gives x plus the selected experts' weighted outputs. */
function experts(step: Step, layer: number, weights: LayerWeights, each: readonly ExpertWeights[], x: string): string {
  const { graph, shape, topK, normalise } = step;
  const count = each.length;
  const normed = graph.reshape(graph.rmsNorm(x, weights.expertNorm, shape.rmsNormEpsilon), [-1, shape.hiddenSize]);
  const bias = graph.input(LAYER_VALUES.bias(layer), 'F32', ['rows', count]);
  const plain = graph.project(normed, [weights.router], graph.output(LAYER_VALUES.logits(layer), ['rows', count]));
  const logits = graph.node('Add', [plain, bias]);
  const ids = graph.output(LAYER_VALUES.ids(layer), ['rows', topK], 'I64');
  const best = `best_${layer}`;
  graph.several('TopK', [logits, graph.integers([topK])], [best, ids], { axis: { int: -1 }, largest: { int: 1 }, sorted: { int: 1 } });
  const gates = graph.output(LAYER_VALUES.gates(layer), ['rows', topK]);
  if (normalise) graph.node('Softmax', [best], { axis: { int: -1 } }, gates);
  else graph.node('GatherElements', [graph.node('Softmax', [logits], { axis: { int: -1 } }), ids], { axis: { int: -1 } }, gates);
  let sum = graph.reshape(x, [-1, shape.hiddenSize]);
  for (const [index, expert] of each.entries()) {
    // [2, n]: row and rank of each choice of this expert.
    const chosen = graph.node('NonZero', [graph.node('Equal', [ids, graph.integers([index], [])])]);
    const row = graph.node('Gather', [chosen, graph.integers([0], [])], { axis: { int: 0 } });
    const place = graph.node('Transpose', [chosen], { perm: { ints: [1, 0] } });
    const gate = graph.node('Unsqueeze', [graph.node('GatherND', [gates, place]), graph.integers([1])]);
    const own = graph.node('Gather', [normed, row], { axis: { int: 0 } });
    const gated = graph.project(own, [expert.gate]);
    const silu = graph.node('Mul', [gated, graph.node('Sigmoid', [gated])]);
    const y = graph.project(graph.node('Mul', [silu, graph.project(own, [expert.up])]), [expert.down]);
    sum = graph.node('ScatterND', [sum, graph.node('Unsqueeze', [row, graph.integers([1])]), graph.node('Mul', [y, gate])], { reduction: { text: 'add' } });
  }
  const like = graph.node('Shape', [x]);
  return graph.node('Reshape', [sum, like]);
}
