import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { plainText, visibleText } from './visible-text.ts';

describe('visibleText', () => {
  it('leaves text as it is', () => {
    expect(visibleText(' the <b>')).toEqual([{ text: ' the <b>', stands: null }]);
  });

  it('shows what would not be seen, or would act', () => {
    expect(plainText('a\u202eb\u200bc\u0000\u001b\u007f\ufeff')).toBe('a⟨U+202E⟩b⟨U+200B⟩c␀␛␡⟨U+FEFF⟩');
    expect(visibleText('x\ny')).toEqual([{ text: 'x', stands: null }, { text: '↵', stands: 'line feed', isBreak: true }, { text: 'y', stands: null }]);
    expect(visibleText('  ')).toEqual([{ text: '␣␣', stands: '2 spaces' }]);
    expect(plainText('\ud800')).toBe('⟨U+D800⟩');
  });

  it('lets no control, format or separator character through, and changes no other', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const shown = plainText(text);
        expect(shown).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
        if (/^[\p{L}\p{N}]*$/u.test(text)) expect(shown).toBe(text);
      }),
    );
  });
});
