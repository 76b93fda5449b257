/** The settings of a sampler. */
export interface SamplerSettings {
  /** 0 is greedy. */
  readonly temperature: number;
  readonly topP: number;
  /** 0 is off. */
  readonly topK: number;
  readonly minP: number;
  readonly presencePenalty: number;
  readonly frequencyPenalty: number;
  readonly repetitionPenalty: number;
  /** Bias by token id, added to the logits. */
  readonly logitBias: Readonly<Record<number, number>>;
  /** Same seed, prompt and settings: same answer. */
  readonly seed: number;
}

/** Tokens that a choice has behind it. */
export interface TokenHistory {
  readonly prompt: ReadonlySet<number>;
  /** How often each token was generated. */
  readonly generated: ReadonlyMap<number, number>;
}

/** Whether any setting changes logits, so that a copy of them and a history are needed. */
export function adjustsLogits(settings: SamplerSettings): boolean {
  return penalises(settings) || Object.keys(settings.logitBias).length > 0;
}

/** Whether the settings look at the tokens so far. */
export function penalises(settings: SamplerSettings): boolean {
  return settings.presencePenalty !== 0 || settings.frequencyPenalty !== 0 || settings.repetitionPenalty !== 1;
}

/**
 * Applies, in this order, to one row of logits in place:
 * - repetition penalty r to tokens of prompt and answer: logit / r if positive, else logit * r
 *   (Keskar et al., CTRL, 2019);
 * - frequency and presence penalty to tokens of the answer: logit - count * f - p (OpenAI's definition);
 * - logit bias, added.
 */
export function adjustLogits(row: Float32Array, settings: SamplerSettings, history: TokenHistory): void {
  const { repetitionPenalty, frequencyPenalty, presencePenalty, logitBias } = settings;
  if (repetitionPenalty !== 1) {
    for (const id of history.prompt) repel(row, id, repetitionPenalty);
    for (const id of history.generated.keys()) if (!history.prompt.has(id)) repel(row, id, repetitionPenalty);
  }
  if (frequencyPenalty !== 0 || presencePenalty !== 0) {
    for (const [id, count] of history.generated) {
      if (id < row.length) row[id] = (row[id] as number) - count * frequencyPenalty - presencePenalty;
    }
  }
  for (const key in logitBias) {
    const id = Number(key);
    if (id < row.length) row[id] = (row[id] as number) + (logitBias[id] ?? 0);
  }
}

function repel(row: Float32Array, id: number, penalty: number): void {
  if (id >= row.length) return;
  const logit = row[id] as number;
  row[id] = logit > 0 ? logit / penalty : logit * penalty;
}
