import { readFileSync } from 'node:fs';
import { Tokenizer } from '@huggingface/tokenizers';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Detokenizer } from './detokenizer.ts';
import { ChatTemplateError, ChatTemplateMissingError, TokenizerError } from './errors.ts';
import { loadTokenizer, parseTokenizerBundle } from './text-tokenizer.ts';
import { buildTokenTable } from './token-table.ts';
import { openCharacterBytes } from './utf8-tail.ts';

const model = (file: string) => readFileSync(new URL(`../../../models/tiny-mixtral/${file}`, import.meta.url), 'utf8');
const files = { 'tokenizer.json': model('tokenizer.json'), 'tokenizer_config.json': model('tokenizer_config.json') };
const tokenizer = loadTokenizer({ format: 'signalbox.tokenizer/1', files });
const library = new Tokenizer(JSON.parse(files['tokenizer.json']), JSON.parse(files['tokenizer_config.json']));
const golden = JSON.parse(model('golden/golden.json')) as {
  prompts: { id: string; text: string; input_ids: number[]; greedy_ids: number[]; greedy_text: string }[];
};

/** Ids 0 to 255 stand for one byte each. */
const singleBytes = buildTokenTable(
  Array.from({ length: 256 }, (_, id) => ({ id, content: `<0x${id.toString(16).padStart(2, '0')}>`, added: false, special: false })),
  'byte-fallback',
);

function streamed(table: typeof tokenizer.table, ids: readonly number[]): string[] {
  const detokenizer = new Detokenizer(table);
  return [...ids.map((id) => detokenizer.push(id)), detokenizer.finish()];
}

describe('tokenizer', () => {
  it.each(golden.prompts)('encodes and decodes golden prompt $id', ({ text, input_ids, greedy_ids, greedy_text }) => {
    expect([...tokenizer.encode(text, { special: true })]).toEqual(input_ids);
    expect([...tokenizer.encode(text, { special: false })]).toEqual(input_ids.slice(1));
    expect(tokenizer.decode(input_ids)).toBe(text);
    expect(tokenizer.decode(greedy_ids)).toBe(greedy_text);
    expect(streamed(tokenizer.table, greedy_ids).join('')).toBe(greedy_text);
  });

  it.each(['🙂🚀 👩‍👩‍👧', '漢字かな交じり文 한국어', '\uFEFFmark', 'ñ é ü ß — …', '\u0000\u0007', ''])('brings %j back', (text) => {
    const ids = tokenizer.encode(text, { special: true });
    expect(tokenizer.decode(ids)).toBe(text);
    const parts = streamed(tokenizer.table, [...ids]);
    expect(parts.join('')).toBe(text);
    for (const part of parts) expect(part).not.toContain('\uFFFD');
  });

  it('brings any text back', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 40 }), (text) => {
        expect(tokenizer.decode(tokenizer.encode(text, { special: false }))).toBe(text);
      }),
    );
  });

  it('knows sizes, special tokens and single tokens', () => {
    expect(tokenizer.vocabSize).toBe(4096);
    expect(tokenizer.table.isSpecial(1)).toBe(true);
    expect(tokenizer.table.text(1)).toBe('</s>');
    expect(tokenizer.table.text(275)).toBe(' the');
    expect(tokenizer.table.bytes(99_999)).toHaveLength(0);
  });
});

describe('incremental decoding', () => {
  it('equals decoding in one go for any bytes, and never shows half a character', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 40 }).map((array) => [...array]),
      fc.string({ unit: 'binary', maxLength: 12 }).map((text) => [...new TextEncoder().encode(text)]),
      fc.array(fc.constantFrom(0x41, 0xc3, 0xa9, 0xe0, 0xa0, 0x9f, 0xed, 0xf0, 0x90, 0x80, 0xf4, 0x8f, 0xff), { maxLength: 30 }),
    );
    fc.assert(
      fc.property(bytes, (ids) => {
        const whole = new TextDecoder('utf-8', { ignoreBOM: true }).decode(Uint8Array.from(ids));
        expect(streamed(singleBytes, ids).join('')).toBe(whole);
      }),
      { numRuns: 2000 },
    );
    const random = fc.array(fc.nat(4095), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(random, (ids) => {
        const whole = library.decode(ids, { skip_special_tokens: true, clean_up_tokenization_spaces: false });
        expect(streamed(tokenizer.table, ids).join('')).toBe(whole);
        expect(tokenizer.decode(ids)).toBe(whole);
      }),
    );
  });

  it('waits for the last byte of a character', () => {
    expect(streamed(singleBytes, [0xf0, 0x9f, 0x99, 0x82])).toEqual(['', '', '', '🙂', '']);
    expect(streamed(singleBytes, [0xe2, 0x82])).toEqual(['', '', '\uFFFD']);
    expect(openCharacterBytes(Uint8Array.of(0xe0, 0x80), 2)).toBe(0);
  });
});

describe('chat template', () => {
  it('renders with the special tokens of the configuration', () => {
    const messages = [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Hello' },
    ];
    const text = tokenizer.renderChat({ messages, addGenerationPrompt: true });
    expect(text).toBe('<s>Be brief.\nHello');
    expect(tokenizer.encode(text, { special: false })[0]).toBe(0);
  });

  it('says when there is none, or when it refuses', () => {
    const without = loadTokenizer({ format: 'signalbox.tokenizer/1', files: { 'tokenizer.json': files['tokenizer.json'] } });
    expect(() => without.renderChat({ messages: [], addGenerationPrompt: true })).toThrow(ChatTemplateMissingError);
    const refusing = loadTokenizer({
      format: 'signalbox.tokenizer/1',
      files: { ...files, 'chat_template.jinja': "{{ raise_exception('only user turns') }}" },
    });
    expect(() => refusing.renderChat({ messages: [], addGenerationPrompt: true })).toThrow(ChatTemplateError);
    expect(() => refusing.renderChat({ messages: [], addGenerationPrompt: true })).toThrow(/only user turns/);
  });
});

describe('bad tokenizer files', () => {
  it('names the file at fault', () => {
    expect(() => parseTokenizerBundle('{}')).toThrow(/signalbox.tokenizer\/1/);
    expect(() => loadTokenizer({ format: 'signalbox.tokenizer/1', files: { 'tokenizer.json': '{' } })).toThrow(/tokenizer.json is not JSON/);
    const noDecoder = JSON.stringify({ ...JSON.parse(files['tokenizer.json']), decoder: { type: 'WordPiece' } });
    expect(() => loadTokenizer({ format: 'signalbox.tokenizer/1', files: { 'tokenizer.json': noDecoder } })).toThrow(TokenizerError);
  });
});
