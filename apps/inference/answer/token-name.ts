import { type TokenLogprob } from '#libs/runtime/engine/engine';

/** JSON has no infinity; OpenAI writes this for a token that cannot come. */
const IMPOSSIBLE = -9999;

type NamedToken = Pick<TokenLogprob, 'tokenId' | 'text' | 'bytes'>;

/** A token as logprobs name it: its text, or `bytes:\xe2\x80` where it is a part of a character. */
export function tokenName(token: NamedToken, asId: boolean): string {
  if (asId) return idName(token.tokenId);
  if (!token.text.includes('\ufffd') || isReplacementCharacter(token.bytes)) return token.text;
  return `bytes:${token.bytes.map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('')}`;
}

export function idName(tokenId: number): string {
  return `token_id:${tokenId}`;
}

export function finiteLogprob(logprob: number): number {
  return Number.isFinite(logprob) ? Math.max(logprob, IMPOSSIBLE) : IMPOSSIBLE;
}

function isReplacementCharacter(bytes: readonly number[]): boolean {
  return Buffer.from(bytes).toString('utf8') === '\ufffd' && bytes.length === 3 && bytes[0] === 0xef;
}
