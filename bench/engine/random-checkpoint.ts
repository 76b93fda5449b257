import { copyFile, open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { encodeTensorHeader } from '#libs/release/tensor-file-layout';

export interface RandomShape {
  readonly hidden_size: number;
  readonly intermediate_size: number;
  readonly num_hidden_layers: number;
  readonly num_local_experts: number;
  readonly num_experts_per_tok: number;
  readonly num_attention_heads: number;
  readonly num_key_value_heads: number;
  readonly head_dim: number;
}

const TABLE_SIZE = 65_536;
const ONE_HALF_PRECISION = 0x3c00;

/**
 * Writes a Mixtral checkpoint of a shape with random fp16 weights: tokenizer and the other settings
 * are the template's. Matrices are uniform with variance 1 / inputs, so that values keep their size
 * from layer to layer; norms are 1. The same seed gives the same bytes.
 */
export async function writeRandomCheckpoint(directory: string, template: string, shape: RandomShape, seed: number): Promise<void> {
  const base = JSON.parse(await readFile(join(template, 'config.json'), 'utf8')) as { vocab_size: number };
  await writeFile(join(directory, 'config.json'), JSON.stringify({ ...base, ...shape }));
  for (const name of ['tokenizer.json', 'tokenizer_config.json', 'special_tokens_map.json', 'generation_config.json']) {
    await copyFile(join(template, name), join(directory, name));
  }
  const shapes = tensorShapes(shape, base.vocab_size);
  const { bytes, table } = encodeTensorHeader([...shapes].map(([name, size]) => ({ name, dtype: 'F16' as const, shape: size })));
  const random = randomWords(seed);
  const tables = new Map<number, Uint16Array>();
  await using file = await open(join(directory, 'model.safetensors'), 'w');
  await file.writeFile(bytes);
  for (const { shape: size } of table.tensors.values()) {
    const [rows = 1, inputs] = size;
    const values = new Uint16Array(rows * (inputs ?? 1));
    if (inputs === undefined) values.fill(ONE_HALF_PRECISION);
    else {
      const halves = tables.get(inputs) ?? uniformHalves(inputs);
      tables.set(inputs, halves);
      for (let at = 0; at < values.length; at++) values[at] = halves[random() >>> 16]!;
    }
    await file.writeFile(new Uint8Array(values.buffer));
  }
}

function tensorShapes(shape: RandomShape, vocabSize: number): Map<string, readonly number[]> {
  const { hidden_size: hidden, intermediate_size: width, head_dim: headSize } = shape;
  const queryRows = shape.num_attention_heads * headSize;
  const keyRows = shape.num_key_value_heads * headSize;
  const shapes = new Map<string, readonly number[]>([
    ['model.embed_tokens.weight', [vocabSize, hidden]],
    ['model.norm.weight', [hidden]],
    ['lm_head.weight', [vocabSize, hidden]],
  ]);
  for (let layer = 0; layer < shape.num_hidden_layers; layer++) {
    const add = (name: string, size: readonly number[]) => shapes.set(`model.layers.${layer}.${name}.weight`, size);
    add('input_layernorm', [hidden]);
    add('post_attention_layernorm', [hidden]);
    add('self_attn.q_proj', [queryRows, hidden]);
    add('self_attn.k_proj', [keyRows, hidden]);
    add('self_attn.v_proj', [keyRows, hidden]);
    add('self_attn.o_proj', [hidden, queryRows]);
    add('block_sparse_moe.gate', [shape.num_local_experts, hidden]);
    for (let expert = 0; expert < shape.num_local_experts; expert++) {
      add(`block_sparse_moe.experts.${expert}.w1`, [width, hidden]);
      add(`block_sparse_moe.experts.${expert}.w2`, [hidden, width]);
      add(`block_sparse_moe.experts.${expert}.w3`, [width, hidden]);
    }
  }
  return shapes;
}

/** Half-precision patterns spread evenly over [-limit, limit], limit^2 / 3 = 1 / inputs. */
function uniformHalves(inputs: number): Uint16Array {
  const limit = Math.sqrt(3 / inputs);
  const halves = new Float16Array(TABLE_SIZE);
  for (let at = 0; at < TABLE_SIZE; at++) halves[at] = limit * ((2 * at + 1) / TABLE_SIZE - 1);
  return new Uint16Array(halves.buffer);
}

/** Marsaglia's xorshift (2003), 32 bits. */
function randomWords(seed: number): () => number {
  let state = seed | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state;
  };
}
