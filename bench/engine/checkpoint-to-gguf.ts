import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { decodeTensorHeader } from '#libs/release/tensor-file';
import { type GgufType } from './gguf-blocks.ts';
import { type GgufMetadata, type GgufTensor, writeGguf } from './gguf-file.ts';

/** The settings of a Mixtral config.json that GGUF carries. */
interface MixtralConfig {
  readonly hidden_size: number;
  readonly intermediate_size: number;
  readonly num_hidden_layers: number;
  readonly num_attention_heads: number;
  readonly num_key_value_heads: number;
  readonly num_local_experts: number;
  readonly num_experts_per_tok: number;
  readonly max_position_embeddings: number;
  readonly rms_norm_eps: number;
  readonly rope_theta: number;
  readonly head_dim: number;
  readonly vocab_size: number;
  readonly bos_token_id: number;
  readonly eos_token_id: number;
}

interface Tokenizer {
  readonly model: { readonly vocab: Record<string, number>; readonly merges: readonly (string | readonly [string, string])[] };
  readonly added_tokens: readonly { readonly id: number; readonly special: boolean }[];
}

/** llama.cpp's number of each kind of file. */
const FILE_TYPES: Readonly<Record<GgufType, number>> = { f32: 0, q4_0: 2, q8_0: 7 };

/**
 * Reorders the rows of a query or key projection from rotate-half order (Hugging Face) to
 * interleaved pairs, which llama.cpp's rotary embedding expects for the `llama` architecture.
 */
function interleaveRotaryRows(values: Float32Array, heads: number, headSize: number, width: number): Float32Array {
  const out = new Float32Array(values.length);
  const half = headSize / 2;
  for (let head = 0; head < heads; head++) {
    for (let row = 0; row < headSize; row++) {
      const source = (head * headSize + (row % 2) * half + (row >> 1)) * width;
      out.set(values.subarray(source, source + width), (head * headSize + row) * width);
    }
  }
  return out;
}

async function readTensors(directory: string) {
  const bytes = await readFile(join(directory, 'model.safetensors'));
  const { tensors } = decodeTensorHeader(bytes, bytes.length);
  return (name: string): Float32Array => {
    const entry = tensors.get(name);
    if (!entry) throw new Error(`the checkpoint has no tensor ${name}`);
    if (entry.dtype !== 'F16') throw new Error(`${name} is ${entry.dtype}; this converter reads F16 checkpoints`);
    const start = bytes.byteOffset + entry.begin;
    return new Float32Array(new Float16Array(bytes.buffer.slice(start, start + entry.end - entry.begin)));
  };
}

function tokenizerMetadata(tokenizer: Tokenizer, config: MixtralConfig): GgufMetadata {
  const tokens = Object.entries(tokenizer.model.vocab).toSorted((a, b) => a[1] - b[1]).map(([token]) => token);
  const special = new Set(tokenizer.added_tokens.filter((token) => token.special).map((token) => token.id));
  const CONTROL = 3;
  const NORMAL = 1;
  return {
    'tokenizer.ggml.model': { type: 'string', value: 'gpt2' },
    'tokenizer.ggml.pre': { type: 'string', value: 'gpt-2' },
    'tokenizer.ggml.tokens': { type: 'strings', value: tokens },
    'tokenizer.ggml.token_type': { type: 'i32s', value: tokens.map((_, id) => (special.has(id) ? CONTROL : NORMAL)) },
    'tokenizer.ggml.merges': {
      type: 'strings',
      value: tokenizer.model.merges.map((merge) => (typeof merge === 'string' ? merge : merge.join(' '))),
    },
    'tokenizer.ggml.bos_token_id': { type: 'u32', value: config.bos_token_id },
    'tokenizer.ggml.eos_token_id': { type: 'u32', value: config.eos_token_id },
    'tokenizer.ggml.add_bos_token': { type: 'bool', value: true },
  };
}

/**
 * Writes a Mixtral checkpoint (F16, one file) as GGUF, in llama.cpp's layout. `type` is that of the
 * matrices that Signalbox quantises too (attention, experts, head); norms, router and embedding stay fp32.
 */
export async function checkpointToGguf(directory: string, path: string, type: GgufType): Promise<void> {
  const config = JSON.parse(await readFile(join(directory, 'config.json'), 'utf8')) as MixtralConfig;
  const tokenizer = JSON.parse(await readFile(join(directory, 'tokenizer.json'), 'utf8')) as Tokenizer;
  const read = await readTensors(directory);
  const { hidden_size: hidden, intermediate_size: width, num_local_experts: experts, head_dim: headSize } = config;
  const queryRows = config.num_attention_heads * headSize;
  const keyRows = config.num_key_value_heads * headSize;

  const tensors: GgufTensor[] = [
    { name: 'token_embd.weight', dimensions: [hidden, config.vocab_size], type: 'f32', values: () => read('model.embed_tokens.weight') },
    { name: 'output_norm.weight', dimensions: [hidden], type: 'f32', values: () => read('model.norm.weight') },
    { name: 'output.weight', dimensions: [hidden, config.vocab_size], type, values: () => read('lm_head.weight') },
  ];
  for (let layer = 0; layer < config.num_hidden_layers; layer++) {
    const from = (name: string) => read(`model.layers.${layer}.${name}.weight`);
    const add = (name: string, dimensions: number[], values: () => Float32Array, held: GgufType = type) =>
      tensors.push({ name: `blk.${layer}.${name}.weight`, dimensions, type: held, values });
    const stack = (name: string) => () => {
      const parts = Array.from({ length: experts }, (_, expert) => from(`block_sparse_moe.experts.${expert}.${name}`));
      const all = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
      let offset = 0;
      for (const part of parts) {
        all.set(part, offset);
        offset += part.length;
      }
      return all;
    };
    add('attn_norm', [hidden], () => from('input_layernorm'), 'f32');
    add('attn_q', [hidden, queryRows], () => interleaveRotaryRows(from('self_attn.q_proj'), config.num_attention_heads, headSize, hidden));
    add('attn_k', [hidden, keyRows], () => interleaveRotaryRows(from('self_attn.k_proj'), config.num_key_value_heads, headSize, hidden));
    add('attn_v', [hidden, keyRows], () => from('self_attn.v_proj'));
    add('attn_output', [queryRows, hidden], () => from('self_attn.o_proj'));
    add('ffn_norm', [hidden], () => from('post_attention_layernorm'), 'f32');
    add('ffn_gate_inp', [hidden, experts], () => from('block_sparse_moe.gate'), 'f32');
    add('ffn_gate_exps', [hidden, width, experts], stack('w1'));
    add('ffn_down_exps', [width, hidden, experts], stack('w2'));
    add('ffn_up_exps', [hidden, width, experts], stack('w3'));
  }

  await writeGguf(
    path,
    {
      'general.architecture': { type: 'string', value: 'llama' },
      'general.name': { type: 'string', value: basename(directory) },
      'general.file_type': { type: 'u32', value: FILE_TYPES[type] },
      'llama.context_length': { type: 'u32', value: config.max_position_embeddings },
      'llama.embedding_length': { type: 'u32', value: hidden },
      'llama.block_count': { type: 'u32', value: config.num_hidden_layers },
      'llama.feed_forward_length': { type: 'u32', value: width },
      'llama.attention.head_count': { type: 'u32', value: config.num_attention_heads },
      'llama.attention.head_count_kv': { type: 'u32', value: config.num_key_value_heads },
      'llama.attention.layer_norm_rms_epsilon': { type: 'f32', value: config.rms_norm_eps },
      'llama.rope.freq_base': { type: 'f32', value: config.rope_theta },
      'llama.rope.dimension_count': { type: 'u32', value: headSize },
      'llama.expert_count': { type: 'u32', value: experts },
      'llama.expert_used_count': { type: 'u32', value: config.num_experts_per_tok },
      'llama.vocab_size': { type: 'u32', value: config.vocab_size },
      ...tokenizerMetadata(tokenizer, config),
    },
    tensors,
  );
}
