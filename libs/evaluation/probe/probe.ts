import { type ReleaseManifest } from '#libs/release/manifest';

export interface ExpertRef {
  readonly layer: number;
  readonly expert: number;
}

/** Experts that serve one token in one layer in place of those that the router would choose. */
export interface ForcedRoute {
  /** Index of the token in the question. */
  readonly row: number;
  readonly layer: number;
  /** As many different ones as the router chooses, shared experts left out. Their gates are what the release's gating gives to chosen experts. */
  readonly experts: readonly number[];
}

/** What is done to a release while it answers a question. */
export interface Intervention {
  /** Experts that must not serve. In each layer at least one must stay. */
  readonly without?: readonly ExpertRef[];
  /** One at most for each token and layer. Not of releases with a capacity, quotas or expert choice. */
  readonly routes?: readonly ForcedRoute[];
}

export interface ScoreQuestion {
  /** Token ids in order, `<s>` included where the model wants it; 2 to shape.contextTokens. */
  readonly tokens: Uint32Array;
  /** Index of the first token whose probability is asked for, 1 or more. */
  readonly from: number;
  readonly intervention?: Intervention;
}

/** Where tokens were routed. */
export interface Routes {
  /** [rows][layers][k], by descending gate. */
  readonly expertIds: Uint16Array;
  /** Same shape as expertIds. */
  readonly gates: Float32Array;
  /** [rows][layers]: DECISION_FLAGS of libs/trace; null where no decision carries any. */
  readonly flags: Uint8Array | null;
}

export interface Score {
  /** [tokens.length - from]: natural logarithm of the probability of tokens[i], given all tokens before it. */
  readonly logProbs: Float64Array;
  /** Of all tokens but the last, which is only predicted: rows = tokens.length - 1. */
  readonly routes: Routes;
}

export interface AnswerQuestion {
  readonly tokens: Uint32Array;
  readonly maxTokens: number;
  readonly intervention?: Intervention;
}

/** What would another route have made of one token? */
export interface AlternativesQuestion {
  /** 2 or more. */
  readonly tokens: Uint32Array;
  /** Index of the token whose routes are forced, so that tokens[row + 1] is what is scored: 0 to tokens.length - 2. */
  readonly row: number;
  /** Forced routes of that row, one list for each alternative; an empty one leaves all to the router. */
  readonly choices: readonly (readonly { readonly layer: number; readonly experts: readonly number[] }[])[];
}

/** The most probable continuation, token by token. */
export interface Answer {
  readonly tokens: Uint32Array;
  /** [tokens.length]: natural logarithm of each token's probability. */
  readonly logProbs: Float64Array;
  readonly text: string;
  readonly finish: 'stop' | 'length';
  /** Of the question's tokens and of those of the answer but the last. */
  readonly routes: Routes;
}

/**
 * Asks releases questions, outside of serving. The bits of what it says depend on the release, the
 * question and the machine's kernels alone: not on what was asked before or beside it.
 */
export interface Probe {
  /** @param special whether `<s>` and the like are put where the tokenizer puts them. @throws Error where the text cannot be encoded */
  encode(release: ReleaseManifest, text: string, options?: { readonly special?: boolean }): Promise<Uint32Array>;
  decode(release: ReleaseManifest, tokens: readonly number[]): Promise<string>;
  /** Scores in the order of the questions. @throws RangeError naming the question that no release of this shape can take */
  score(release: ReleaseManifest, questions: readonly ScoreQuestion[]): Promise<Score[]>;
  answer(release: ReleaseManifest, question: AnswerQuestion): Promise<Answer>;
  /**
   * [choices]: natural logarithm of the probability of tokens[row + 1] with each choice. The tokens before the
   * row run once, by the router. Left out where a probe cannot force routes.
   */
  alternatives?(release: ReleaseManifest, question: AlternativesQuestion): Promise<Float64Array>;
  /** Tokens run through all layers so far: what the questions cost. */
  readonly rows: number;
}
