import { BACKBONE, expertName, routerName, TENSORS } from '#libs/release/component';
import { type ModelShape } from '#libs/release/manifest';
import { type CheckpointArchitecture, type ComponentSource, type TensorSource } from './architecture.ts';
import { describeMixtral } from './mixtral-config.ts';

/**
 * Mixtral (MixtralForCausalLM of transformers): softmax over all experts, top-k, renormalised.
 * Two layouts are known: one tensor for each expert's w1, w2 and w3, and the fused one of
 * transformers 5, `experts.gate_up_proj` [E, 2I, H] with the gate's rows first, and
 * `experts.down_proj` [E, H, I].
 */
export const mixtral: CheckpointArchitecture = {
  modelTypes: ['mixtral'],
  classNames: ['MixtralForCausalLM'],
  describe: describeMixtral,
  *components(shape, has): Generator<ComponentSource> {
    yield { component: BACKBONE, tensors: backbone(shape) };
    for (let layer = 0; layer < shape.layers; layer += 1) {
      const fused = has(`model.layers.${layer}.mlp.experts.gate_up_proj`);
      const block = `model.layers.${layer}.${fused ? 'mlp' : 'block_sparse_moe'}`;
      yield {
        component: routerName(layer),
        tensors: [whole(TENSORS.router.weight, `${block}.gate.weight`, [shape.experts, shape.hiddenSize])],
      };
      for (let index = 0; index < shape.experts; index += 1) {
        yield {
          component: expertName(layer, index),
          tensors: fused ? fusedExpert(shape, `${block}.experts`, index) : expert(shape, `${block}.experts.${index}`),
        };
      }
    }
  },
  isDispensable: (tensor) => tensor.endsWith('.rotary_emb.inv_freq'),
};

function backbone(shape: ModelShape): TensorSource[] {
  const { hiddenSize, vocabSize, attentionHeads, keyValueHeads, headSize } = shape;
  const names = TENSORS.backbone;
  const queryWidth = attentionHeads * headSize;
  const keyWidth = keyValueHeads * headSize;
  const tensors = [
    whole(names.embedding, 'model.embed_tokens.weight', [vocabSize, hiddenSize]),
    whole(names.finalNorm, 'model.norm.weight', [hiddenSize]),
  ];
  // A tied head is the embedding; some writers store it all the same.
  if (!shape.tiedHead) tensors.push(whole(names.head, 'lm_head.weight', [vocabSize, hiddenSize]));
  for (let layer = 0; layer < shape.layers; layer += 1) {
    const from = `model.layers.${layer}`;
    tensors.push(
      whole(names.attentionNorm(layer), `${from}.input_layernorm.weight`, [hiddenSize]),
      whole(names.expertNorm(layer), `${from}.post_attention_layernorm.weight`, [hiddenSize]),
      whole(names.query(layer), `${from}.self_attn.q_proj.weight`, [queryWidth, hiddenSize]),
      whole(names.key(layer), `${from}.self_attn.k_proj.weight`, [keyWidth, hiddenSize]),
      whole(names.value(layer), `${from}.self_attn.v_proj.weight`, [keyWidth, hiddenSize]),
      whole(names.output(layer), `${from}.self_attn.o_proj.weight`, [hiddenSize, queryWidth]),
    );
  }
  return tensors;
}

function expert({ expertWidth, hiddenSize }: ModelShape, from: string): TensorSource[] {
  const { gate, up, down } = TENSORS.expert;
  return [
    whole(gate, `${from}.w1.weight`, [expertWidth, hiddenSize]),
    whole(up, `${from}.w3.weight`, [expertWidth, hiddenSize]),
    whole(down, `${from}.w2.weight`, [hiddenSize, expertWidth]),
  ];
}

function fusedExpert({ experts, expertWidth, hiddenSize }: ModelShape, from: string, index: number): TensorSource[] {
  const { gate, up, down } = TENSORS.expert;
  const elements = expertWidth * hiddenSize;
  const inward = { from: `${from}.gate_up_proj`, fromShape: [experts, 2 * expertWidth, hiddenSize], shape: [expertWidth, hiddenSize] };
  return [
    { name: gate, ...inward, firstElement: 2 * index * elements },
    { name: up, ...inward, firstElement: (2 * index + 1) * elements },
    {
      name: down,
      shape: [hiddenSize, expertWidth],
      from: `${from}.down_proj`,
      fromShape: [experts, hiddenSize, expertWidth],
      firstElement: index * elements,
    },
  ];
}

function whole(name: string, from: string, shape: readonly number[]): TensorSource {
  return { name, shape, from, fromShape: shape, firstElement: 0 };
}
