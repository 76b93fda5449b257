/** Lower-case hexadecimal SHA-256 of a component version's bytes. */
export type Sha256 = string;

/** `backbone`, `tokenizer`, `router/<layer>` or `expert/<layer>/<index>`. */
export type ComponentName = string;

export type ComponentKind = 'backbone' | 'tokenizer' | 'router' | 'expert';

export type ParsedComponentName =
  | { readonly kind: 'backbone' | 'tokenizer' }
  | { readonly kind: 'router'; readonly layer: number }
  | { readonly kind: 'expert'; readonly layer: number; readonly index: number };

export const BACKBONE: ComponentName = 'backbone';
export const TOKENIZER: ComponentName = 'tokenizer';

export function routerName(layer: number): ComponentName {
  return `router/${layer}`;
}

export function expertName(layer: number, index: number): ComponentName {
  return `expert/${layer}/${index}`;
}

const ROUTER = /^router\/(0|[1-9]\d{0,4})$/;
const EXPERT = /^expert\/(0|[1-9]\d{0,4})\/(0|[1-9]\d{0,4})$/;

/** Parses a component name; null when it is none. */
export function parseComponentName(name: string): ParsedComponentName | null {
  if (name === 'backbone' || name === 'tokenizer') return { kind: name };
  const router = ROUTER.exec(name);
  if (router) return { kind: 'router', layer: Number(router[1]) };
  const expert = EXPERT.exec(name);
  if (expert) return { kind: 'expert', layer: Number(expert[1]), index: Number(expert[2]) };
  return null;
}

/** Orders names as a model is built: backbone, tokenizer, routers by layer, experts by layer and index. */
export function compareComponentNames(a: ComponentName, b: ComponentName): number {
  const [left, right] = [rankOf(a), rankOf(b)];
  for (let at = 0; at < 3; at += 1) {
    const difference = (left[at] ?? 0) - (right[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return a < b ? -1 : Number(a > b);
}

const KIND_RANK: Readonly<Record<ComponentKind, number>> = { backbone: 0, tokenizer: 1, router: 2, expert: 3 };

function rankOf(name: ComponentName): readonly number[] {
  const parsed = parseComponentName(name);
  if (!parsed) return [4];
  return [KIND_RANK[parsed.kind], 'layer' in parsed ? parsed.layer : 0, 'index' in parsed ? parsed.index : 0];
}

/**
 * Names of the tensors inside component files. A weight component is a safetensors file that holds
 * just these; shapes as in the checkpoint ([out, in] for projections).
 */
export const TENSORS = {
  /** bias, [experts], is optional: it selects and never weighs (sigmoid-bias). */
  router: { weight: 'weight', bias: 'bias' },
  expert: { gate: 'gate_proj', up: 'up_proj', down: 'down_proj' },
  backbone: {
    embedding: 'embed_tokens',
    head: 'lm_head',
    finalNorm: 'norm',
    attentionNorm: (layer: number) => `layers.${layer}.input_layernorm`,
    expertNorm: (layer: number) => `layers.${layer}.post_attention_layernorm`,
    query: (layer: number) => `layers.${layer}.q_proj`,
    key: (layer: number) => `layers.${layer}.k_proj`,
    value: (layer: number) => `layers.${layer}.v_proj`,
    output: (layer: number) => `layers.${layer}.o_proj`,
  },
} as const;

/** Content of a `tokenizer` component: UTF-8 JSON with these fields, files by name, text as it was. */
export interface TokenizerBundle {
  readonly format: 'signalbox.tokenizer/1';
  readonly files: {
    readonly 'tokenizer.json': string;
    readonly 'tokenizer_config.json'?: string;
    readonly 'generation_config.json'?: string;
    readonly 'chat_template.jinja'?: string;
  };
}
