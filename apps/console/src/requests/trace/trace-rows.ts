import { type Trace } from '../../api/gen/types.gen.ts';
import { type CsvValue } from '../../ui/csv.ts';

export type Token = Trace['tokens'][number];

export const TRACE_HEADER = ['row', 'part', 'choice', 'token id', 'text', 'layer', 'rank', 'expert', 'gate', 'flags'];

/** A row for each token, layer and expert that it took. */
export function traceCsv(tokens: readonly Token[]): CsvValue[][] {
  return tokens.flatMap((token) =>
    token.experts.flatMap((experts, layer) =>
      experts.map((expert, rank) => [token.row, partOf(token), token.choice, token.tokenId, token.text, layer, rank, expert, token.gates[layer]?.[rank], flagsAt(token, layer).join(' ')]),
    ),
  );
}

export function partOf({ choice }: Token): 'prompt' | 'completion' {
  return choice === null ? 'prompt' : 'completion';
}

export function flagsAt(token: Token, layer: number): Token['flags'][number]['flags'] {
  return token.flags.find((one) => one.layer === layer)?.flags ?? [];
}

/** Stretches of tokens that belong together: the prompt, then each choice. */
export function partsOf(tokens: readonly Token[]): { readonly name: string; readonly tokens: readonly Token[] }[] {
  return [...Map.groupBy(tokens, ({ choice }) => choice)].map(([choice, own]) => ({ name: choice === null ? 'Prompt' : `Completion${choice > 0 ? ` ${choice + 1}` : ''}`, tokens: own }));
}
