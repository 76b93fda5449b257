import { type ChatLogprobs } from '#libs/contract/openai/response';
import { type PositionLogprobs, type TokenLogprob } from '#libs/runtime/engine/engine';
import { finiteLogprob, idName } from './token-name.ts';

interface ChatToken {
  token: string;
  logprob: number;
  bytes: number[];
}

function chatToken(token: TokenLogprob, asId: boolean): ChatToken {
  return { token: asId ? idName(token.tokenId) : token.text, logprob: finiteLogprob(token.logprob), bytes: [...token.bytes] };
}

/** Token logprobs in chat's shape. */
export function chatLogprobs(positions: readonly PositionLogprobs[], tokensAsIds: boolean): ChatLogprobs['content'] {
  return positions.map((position) => ({
    ...chatToken(position, tokensAsIds),
    top_logprobs: position.top.map((token) => chatToken(token, tokensAsIds)),
  }));
}
