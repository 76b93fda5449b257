import { type TraceReader } from '#libs/store/traces/trace-reader';

export const TRACE_VAULT = Symbol('TraceVault');
export const TRACE_OPENER = Symbol('TraceOpener');
export const TOKEN_TEXTS = Symbol('TokenTexts');

/** Sealed traces, and the log of every look at one. */
export type TraceVault = Pick<TraceReader, 'list' | 'count' | 'find' | 'look' | 'lookAtNewest'>;

/** Opens a sealed trace (libs/record/seal). */
export interface TraceOpener {
  open(requestId: string, sealedTrace: Uint8Array): Uint8Array;
}

/** Texts of tokens by the tokenizer of a release; null where that is not at hand. */
export interface TokenTexts {
  texts(releaseId: string, tokenIds: readonly number[]): Promise<readonly string[] | null>;
}
