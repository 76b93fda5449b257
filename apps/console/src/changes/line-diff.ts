interface DiffLine {
  readonly kind: 'same' | 'added' | 'removed';
  readonly text: string;
}

/** More lines than this on either side are shown as all removed and all added: the table would grow too large. */
const MAX_LINES = 2000;

/** Lines that two texts share, and those that only one has: by their longest common subsequence. */
export function diffLines(before: string, after: string): readonly DiffLine[] {
  const old = before.split('\n');
  const fresh = after.split('\n');
  if (old.length > MAX_LINES || fresh.length > MAX_LINES) return [...old.map((text): DiffLine => ({ kind: 'removed', text })), ...fresh.map((text): DiffLine => ({ kind: 'added', text }))];
  const width = fresh.length + 1;
  const longest = new Uint16Array((old.length + 1) * width);
  for (let i = old.length - 1; i >= 0; i -= 1) {
    for (let j = fresh.length - 1; j >= 0; j -= 1) {
      longest[i * width + j] = old[i] === fresh[j] ? longest[(i + 1) * width + j + 1]! + 1 : Math.max(longest[(i + 1) * width + j]!, longest[i * width + j + 1]!);
    }
  }
  const lines: DiffLine[] = [];
  let [i, j] = [0, 0];
  while (i < old.length || j < fresh.length) {
    if (i < old.length && j < fresh.length && old[i] === fresh[j]) {
      lines.push({ kind: 'same', text: old[i]! });
      i += 1;
      j += 1;
    } else if (i < old.length && (j === fresh.length || longest[(i + 1) * width + j]! >= longest[i * width + j + 1]!)) {
      lines.push({ kind: 'removed', text: old[i]! });
      i += 1;
    } else {
      lines.push({ kind: 'added', text: fresh[j]! });
      j += 1;
    }
  }
  return lines;
}

/** Lines that differ, with some that are the same around them; null stands for what was left out. */
export function withContext(lines: readonly DiffLine[], around: number): readonly (DiffLine | null)[] {
  const isKept = lines.map((_, at) => lines.slice(Math.max(0, at - around), at + around + 1).some(({ kind }) => kind !== 'same'));
  return lines.flatMap((line, at): (DiffLine | null)[] => (isKept[at] ? [line] : isKept[at - 1] || at === 0 ? [null] : []));
}
