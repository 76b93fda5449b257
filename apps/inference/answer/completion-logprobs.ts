import { type CompletionLogprobs } from '#libs/contract/openai/response';
import { type PositionLogprobs, type TokenLogprob } from '#libs/runtime/engine/engine';
import { finiteLogprob, idName, tokenName } from './token-name.ts';

type FirstToken = Pick<TokenLogprob, 'tokenId' | 'text' | 'bytes'>;

/** Writes one choice's logprobs in completions' shape, piece by piece; it knows where in the text it is. */
export class CompletionLogprobWriter {
  // A character may be spread over tokens; a token begins where the characters finished before it end.
  readonly #decoder = new TextDecoder();
  #offset = 0;

  /** @param isSpecial tokens that are no part of the text */
  constructor(
    private readonly tokensAsIds: boolean,
    private readonly isSpecial: (tokenId: number) => boolean,
  ) {}

  /** @param first the prompt's first token, which nothing predicts */
  prompt(positions: readonly (PositionLogprobs | null)[], first: FirstToken): CompletionLogprobs {
    const written = emptyLogprobs();
    for (const position of positions) this.#add(written, position ?? first, position);
    return written;
  }

  answer(positions: readonly PositionLogprobs[]): CompletionLogprobs {
    const written = emptyLogprobs();
    for (const position of positions) this.#add(written, position, position);
    return written;
  }

  #add(written: CompletionLogprobs, token: FirstToken, position: PositionLogprobs | null): void {
    written.tokens.push(tokenName(token, this.tokensAsIds));
    written.token_logprobs.push(position && finiteLogprob(position.logprob));
    written.top_logprobs?.push(position && this.#alternatives(position));
    written.text_offset.push(this.#offset);
    if (!this.isSpecial(token.tokenId)) this.#offset += codePoints(this.#decoder.decode(Uint8Array.from(token.bytes), { stream: true }));
  }

  /** By name, the likeliest first; the sampled token always among them. A name that is taken gives way to the id. */
  #alternatives(position: PositionLogprobs): Record<string, number> {
    // Without a prototype `__proto__` is a name like any other.
    const map = Object.create(null) as Record<string, number>;
    const sampledIsTop = position.top.some((token) => token.tokenId === position.tokenId);
    for (const token of sampledIsTop ? position.top : [...position.top, position]) {
      const name = tokenName(token, this.tokensAsIds);
      map[name in map ? idName(token.tokenId) : name] = finiteLogprob(token.logprob);
    }
    return map;
  }
}

export function emptyLogprobs(): CompletionLogprobs {
  return { tokens: [], token_logprobs: [], top_logprobs: [], text_offset: [] };
}

/** Appends `more` to `logprobs`. */
export function appendLogprobs(logprobs: CompletionLogprobs, more: CompletionLogprobs): void {
  for (let i = 0; i < more.tokens.length; i++) {
    logprobs.tokens.push(more.tokens[i] ?? '');
    logprobs.token_logprobs.push(more.token_logprobs[i] ?? null);
    logprobs.top_logprobs?.push(more.top_logprobs?.[i] ?? null);
    logprobs.text_offset.push(more.text_offset[i] ?? 0);
  }
}

function codePoints(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}
