/** Tokens that hold a match, both ends included: a match may begin in one token and end in another. */
export interface Match {
  readonly first: number;
  readonly last: number;
}

/** So many matches are told apart. */
export const MAX_MATCHES = 1000;

/** Where a text is found in tokens, whatever its case. */
export function findText(texts: readonly string[], wanted: string): Match[] {
  const needle = wanted.toLowerCase();
  if (needle === '') return [];
  // Lower case may change a text's length, so each token is folded by itself.
  const folded = texts.map((text) => text.toLowerCase());
  const starts: number[] = [];
  let end = 0;
  for (const text of folded) {
    starts.push(end);
    end += text.length;
  }
  const all = folded.join('');
  const matches: Match[] = [];
  let token = 0;
  for (let from = all.indexOf(needle); from !== -1 && matches.length < MAX_MATCHES; from = all.indexOf(needle, from + needle.length)) {
    while (token + 1 < starts.length && starts[token + 1]! <= from) token += 1;
    let last = token;
    while (last + 1 < starts.length && starts[last + 1]! < from + needle.length) last += 1;
    matches.push({ first: token, last });
  }
  return matches;
}
