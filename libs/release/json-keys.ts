/**
 * Calls `found` for each key that occurs a second time in the same object of a JSON text.
 * @param text valid JSON (JSON.parse has accepted it); other text gives no meaningful answer
 */
export function forEachDuplicateKey(text: string, found: (key: string) => void): void {
  const open: (Set<string> | null)[] = [];
  let keyExpected = false;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (character === '{') {
      open.push(new Set());
      keyExpected = true;
    } else if (character === '[') {
      open.push(null);
      keyExpected = false;
    } else if (character === '}' || character === ']') {
      open.pop();
      keyExpected = false;
    } else if (character === ',') {
      keyExpected = open.at(-1) instanceof Set;
    } else if (character === '"') {
      const end = closingQuote(text, at);
      const keys = open.at(-1);
      if (keyExpected && keys) {
        const key = JSON.parse(text.slice(at, end + 1)) as string;
        if (keys.has(key)) found(key);
        keys.add(key);
        keyExpected = false;
      }
      at = end;
    }
  }
}

function closingQuote(text: string, openingQuote: number): number {
  let at = openingQuote + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at;
}
