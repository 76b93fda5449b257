/** A run of words that both texts share, or that one of them has alone. */
export interface DiffPart {
  readonly side: 'both' | 'a' | 'b';
  readonly text: string;
}

/** Cells of the table beyond which the middle is not aligned but told as different: some 8 MB. */
const MAX_CELLS = 4_000_000;

/**
 * What two texts share and where they differ, word by word, white space being words of its own: a longest
 * common subsequence (Wagner & Fischer 1974, with deletions and insertions alone). Parts of `both` and `a`
 * make up the first text in order, parts of `both` and `b` the second.
 */
export function diffTexts(a: string, b: string): readonly DiffPart[] {
  const [one, other] = [wordsOf(a), wordsOf(b)];
  let start = 0;
  while (start < Math.min(one.length, other.length) && one[start] === other[start]) start += 1;
  let end = 0;
  while (end < Math.min(one.length, other.length) - start && one.at(-1 - end) === other.at(-1 - end)) end += 1;
  const parts = new Parts();
  parts.add('both', one.slice(0, start));
  align(one.slice(start, one.length - end), other.slice(start, other.length - end), parts);
  parts.add('both', one.slice(one.length - end));
  return parts.all;
}

/** Share of the words of two texts that are in both, 0 to 1; 1 for two empty ones. White space does not count. */
export function sharedWords(parts: readonly DiffPart[]): number {
  const count = (side: DiffPart['side']): number => parts.filter((part) => part.side === side).reduce((sum, { text }) => sum + (text.match(/\S+/g)?.length ?? 0), 0);
  const both = 2 * count('both');
  const all = both + count('a') + count('b');
  return all === 0 ? 1 : both / all;
}

function wordsOf(text: string): readonly string[] {
  return text.match(/\s+|\S+/g) ?? [];
}

function align(one: readonly string[], other: readonly string[], parts: Parts): void {
  if (one.length === 0 || other.length === 0 || one.length * other.length > MAX_CELLS) {
    parts.add('a', one);
    parts.add('b', other);
    return;
  }
  const width = other.length + 1;
  // [i][j]: words that one from i on and other from j on have in common.
  const common = new Uint16Array((one.length + 1) * width);
  for (let i = one.length - 1; i >= 0; i -= 1) {
    for (let j = other.length - 1; j >= 0; j -= 1) {
      common[i * width + j] = one[i] === other[j] ? common[(i + 1) * width + j + 1]! + 1 : Math.max(common[(i + 1) * width + j]!, common[i * width + j + 1]!);
    }
  }
  let [i, j] = [0, 0];
  while (i < one.length && j < other.length) {
    if (one[i] === other[j]) {
      parts.add('both', [one[i]!]);
      i += 1;
      j += 1;
    } else if (common[(i + 1) * width + j]! >= common[i * width + j + 1]!) parts.add('a', [one[i++]!]);
    else parts.add('b', [other[j++]!]);
  }
  parts.add('a', one.slice(i));
  parts.add('b', other.slice(j));
}

class Parts {
  readonly #parts: { side: DiffPart['side']; text: string }[] = [];

  get all(): readonly DiffPart[] {
    return this.#parts;
  }

  add(side: DiffPart['side'], words: readonly string[]): void {
    if (words.length === 0) return;
    const last = this.#parts.at(-1);
    if (last?.side === side) last.text += words.join('');
    else this.#parts.push({ side, text: words.join('') });
  }
}
