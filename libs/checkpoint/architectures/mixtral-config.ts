import { z } from 'zod';
import { CheckpointError, type CheckpointReason } from '../checkpoint-error.ts';
import { type ModelDescription } from './architecture.ts';

/** Far above any known model; they bound the work that a hostile config can ask for. */
const MAX_LAYERS = 4096;
const MAX_EXPERTS = 16_384;

const count = z.int().positive();
const tokenId = z.int().nonnegative();
const tokenIds = z.union([tokenId.transform((id) => [id]), z.array(tokenId)]);

/**
 * Fields of a Mixtral config.json that decide the result. Fields with a class default in transformers
 * are required all the same: a guessed default gives a model that runs and is wrong.
 */
const configSchema = z.object({
  vocab_size: count,
  hidden_size: count,
  intermediate_size: count,
  num_hidden_layers: count.max(MAX_LAYERS),
  num_attention_heads: count,
  num_key_value_heads: count,
  head_dim: count.nullish(),
  num_local_experts: count.max(MAX_EXPERTS),
  num_experts_per_tok: count,
  max_position_embeddings: count,
  rms_norm_eps: z.number().positive(),
  rope_theta: z.number().positive().nullish(),
  rope_parameters: z.looseObject({ rope_theta: z.number().positive().nullish() }).nullish(),
  rope_scaling: z.looseObject({}).nullish(),
  sliding_window: count.nullish(),
  tie_word_embeddings: z.boolean().default(false),
  hidden_act: z.string(),
  attention_bias: z.boolean().nullish(),
  partial_rotary_factor: z.number().nullish(),
  quantization_config: z.unknown().optional(),
  bos_token_id: tokenId.nullish(),
  eos_token_id: tokenIds.nullish(),
});

const generationSchema = z.object({ eos_token_id: tokenIds.nullish() }).nullable();

type Config = z.infer<typeof configSchema>;

/**
 * Reads a Mixtral config.json. generation_config.json's end tokens go before those of config.json,
 * as in transformers' generate().
 * @throws CheckpointError `malformed-config` or `unsupported-setting`, naming the field
 */
export function describeMixtral(content: unknown, generation: unknown): ModelDescription {
  const config = parse('config.json', configSchema, content);
  const eosTokenIds = parse('generation_config.json', generationSchema, generation)?.eos_token_id ?? config.eos_token_id ?? [];
  refuseUnsupported(config);
  requireConsistent(config, eosTokenIds);
  return {
    architecture: 'mixtral',
    shape: {
      vocabSize: config.vocab_size,
      hiddenSize: config.hidden_size,
      layers: config.num_hidden_layers,
      experts: config.num_local_experts,
      expertWidth: config.intermediate_size,
      attentionHeads: config.num_attention_heads,
      keyValueHeads: config.num_key_value_heads,
      headSize: config.head_dim ?? config.hidden_size / config.num_attention_heads,
      contextTokens: config.max_position_embeddings,
      rmsNormEpsilon: config.rms_norm_eps,
      ropeTheta: ropeThetaOf(config),
      slidingWindowTokens: config.sliding_window ?? null,
      tiedHead: config.tie_word_embeddings,
      bosTokenId: config.bos_token_id ?? null,
      eosTokenIds,
    },
    routing: { gating: 'softmax-topk', topK: config.num_experts_per_tok, normalise: true },
  };
}

/** What would change the result and is not computed is refused, never ignored. */
function refuseUnsupported(config: Config): void {
  if (config.hidden_act !== 'silu') refuse('hidden_act', config.hidden_act, '"silu"');
  if (config.attention_bias) refuse('attention_bias', true, 'false');
  if ((config.partial_rotary_factor ?? 1) !== 1) refuse('partial_rotary_factor', config.partial_rotary_factor, '1');
  if (config.quantization_config !== undefined && config.quantization_config !== null) {
    refuse('quantization_config', config.quantization_config, 'none: import the unquantised checkpoint (F16, BF16 or F32)');
  }
  for (const field of ['rope_scaling', 'rope_parameters'] as const) {
    const settings = config[field];
    if (!settings) continue;
    const type = settings['rope_type'] ?? settings['type'] ?? 'default';
    if (type !== 'default') refuse(`${field}.rope_type`, type, '"default", rotary embedding without scaling');
    // A type of "default" has no further settings; one that is there would be meant.
    const further = Object.keys(settings).find((key) => !['rope_type', 'type', 'rope_theta', 'partial_rotary_factor'].includes(key));
    if (further !== undefined) refuse(`${field}.${further}`, settings[further], 'none');
    const share = settings['partial_rotary_factor'] ?? 1;
    if (share !== 1) refuse(`${field}.partial_rotary_factor`, share, '1');
  }
}

function requireConsistent(config: Config, eosTokenIds: readonly number[]): void {
  const { hidden_size: hidden, num_attention_heads: heads, num_key_value_heads: keyValueHeads } = config;
  if (!config.head_dim && hidden % heads !== 0) {
    fail('malformed-config', 'head_dim', `hidden_size ${hidden} is no multiple of num_attention_heads ${heads}, so head_dim must be given.`);
  }
  if (heads % keyValueHeads !== 0) {
    fail('malformed-config', 'num_key_value_heads', `num_key_value_heads ${keyValueHeads} does not divide num_attention_heads ${heads}.`);
  }
  if ((config.head_dim ?? hidden / heads) % 2 !== 0) {
    fail('malformed-config', 'head_dim', 'The head size must be even for rotary embedding.');
  }
  if (config.num_experts_per_tok > config.num_local_experts) {
    fail('malformed-config', 'num_experts_per_tok', `num_experts_per_tok ${config.num_experts_per_tok} is above num_local_experts ${config.num_local_experts}.`);
  }
  const outside = [config.bos_token_id ?? 0, ...eosTokenIds].find((id) => id >= config.vocab_size);
  if (outside !== undefined) {
    fail('malformed-config', 'eos_token_id', `Token id ${outside} (bos_token_id or eos_token_id) is not below vocab_size ${config.vocab_size}.`);
  }
}

/** transformers 5 writes rope_parameters.rope_theta, earlier versions rope_theta. */
function ropeThetaOf(config: Config): number {
  return (
    config.rope_parameters?.rope_theta ??
    config.rope_theta ??
    fail('malformed-config', 'rope_theta', 'rope_theta is missing; give it as the model was trained.')
  );
}

function parse<Schema extends z.ZodType>(file: string, schema: Schema, content: unknown): z.output<Schema> {
  const parsed = schema.safeParse(content);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const field = issue?.path.join('.') ?? '';
  throw new CheckpointError('malformed-config', { file, field }, `${file}: ${field || 'the file'}: ${issue?.message}. Correct the field.`);
}

function refuse(field: string, value: unknown, supported: string): never {
  return fail('unsupported-setting', field, `${field} is ${JSON.stringify(value)}; supported is ${supported}.`);
}

function fail(reason: CheckpointReason, field: string, message: string): never {
  throw new CheckpointError(reason, { file: 'config.json', field }, `config.json: ${message}`);
}
