/** A stretch of a token's text: as it is, or a sign for a character that would not be seen, or would act. */
interface TextPart {
  readonly text: string;
  /** Names the character; null for text as it is. */
  readonly stands: string | null;
  /** A line ends here. */
  readonly isBreak?: true;
}

/** Controls, zero-width characters, marks that turn the direction of writing, and other separators. */
const HIDDEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cs}\u00a0\u115f\u1160\u3164\ufffd\p{Variation_Selector}]/u;

/** Text of a token with nothing in it that is hidden. Whitespace alone gets a sign too, so that the token can be seen. */
export function visibleText(text: string): TextPart[] {
  if (/^ +$/.test(text)) return [{ text: '␣'.repeat(text.length), stands: text.length === 1 ? 'space' : `${text.length} spaces` }];
  const parts: TextPart[] = [];
  for (const character of text) {
    const part = partOf(character);
    const last = parts.at(-1);
    if (part.stands === null && last?.stands === null) parts[parts.length - 1] = { text: last.text + character, stands: null };
    else parts.push(part);
  }
  return parts;
}

function partOf(character: string): TextPart {
  const code = character.codePointAt(0)!;
  if (character === '\n') return { text: '↵', stands: 'line feed', isBreak: true };
  if (character === '\t') return { text: '⇥', stands: 'tab' };
  if (!HIDDEN.test(character)) return { text: character, stands: null };
  const name = `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
  // C0 controls have pictures of their own.
  return { text: code < 0x20 ? String.fromCodePoint(0x2400 + code) : code === 0x7f ? '␡' : `⟨${name}⟩`, stands: name };
}

/** A token's text in one line, for labels and tables. */
export function plainText(text: string): string {
  return visibleText(text).map((part) => part.text).join('');
}
