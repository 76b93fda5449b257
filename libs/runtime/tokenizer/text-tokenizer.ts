import { Tokenizer } from '@huggingface/tokenizers';
import { type TokenizerBundle } from '#libs/release/component';
import { type ChatTemplateInput, loadChatTemplate } from './chat-template.ts';
import { Detokenizer } from './detokenizer.ts';
import { TokenizerError } from './errors.ts';
import { buildTokenTable, type Piece, type PieceSpelling, type TokenTable } from './token-table.ts';

/** A release's tokenizer: text to ids and back, and chats to text. */
export interface TextTokenizer {
  readonly table: TokenTable;
  /** Number of ids, the gaps included. */
  readonly vocabSize: number;
  /** With `special`, the tokenizer's own frame (such as a leading <s>) is added. */
  encode(text: string, options: { readonly special: boolean }): Uint32Array;
  /** Text of the ids; special tokens are left out. */
  decode(ids: Iterable<number>): string;
  /** Whether it has a chat template. */
  readonly canChat: boolean;
  /** Prompt text of a chat; encode it without `special`, the template spells the frame out. */
  renderChat(input: ChatTemplateInput): string;
}

interface DecoderConfig {
  readonly type?: unknown;
  readonly decoders?: readonly DecoderConfig[];
}

function decoderTypes(decoder: DecoderConfig | null | undefined): Set<unknown> {
  if (!decoder) return new Set();
  return new Set([decoder.type, ...(decoder.decoders ?? []).map((inner) => inner.type)]);
}

function spellingOf(types: ReadonlySet<unknown>): PieceSpelling {
  if (types.has('ByteLevel')) return 'byte-level';
  if (types.has('ByteFallback') || types.has('Metaspace')) return 'byte-fallback';
  throw new TokenizerError(
    `tokenizer.json: unsupported decoder (${[...types].join(', ') || 'none'}); supported are ByteLevel, ByteFallback and Metaspace`,
  );
}

function parseObject(text: string, file: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new TokenizerError(`${file} is not JSON: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new TokenizerError(`${file} must hold a JSON object`);
  return value as Record<string, unknown>;
}

/** Reads the bytes of a `tokenizer` component. */
export function parseTokenizerBundle(json: string): TokenizerBundle {
  const bundle = parseObject(json, 'the tokenizer component') as Partial<TokenizerBundle>;
  if (bundle.format !== 'signalbox.tokenizer/1' || typeof bundle.files?.['tokenizer.json'] !== 'string') {
    throw new TokenizerError('the tokenizer component must have the format signalbox.tokenizer/1 and a file tokenizer.json');
  }
  return bundle as TokenizerBundle;
}

/** Builds a tokenizer from its component. Throws TokenizerError that names the file at fault. */
export function loadTokenizer({ files }: TokenizerBundle): TextTokenizer {
  const definition = parseObject(files['tokenizer.json'], 'tokenizer.json');
  const config = parseObject(files['tokenizer_config.json'] ?? '{}', 'tokenizer_config.json');
  const chat = loadChatTemplate(config, files['chat_template.jinja']);
  const types = decoderTypes(definition['decoder'] as DecoderConfig | null | undefined);
  const spelling = spellingOf(types);
  let library: Tokenizer;
  try {
    library = new Tokenizer(definition, config);
  } catch (error) {
    throw new TokenizerError(`tokenizer.json cannot be used: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
  const table = buildTokenTable(piecesOf(library), spelling);
  // Word-piece alphabets mark a space before the first word, which a whole text does not have.
  const leadingSpace = spelling === 'byte-fallback' && (types.has('Strip') || types.has('Metaspace'));
  return {
    table,
    vocabSize: table.size,
    encode: (text, { special }) => Uint32Array.from(library.encode(text, { add_special_tokens: special }).ids),
    decode: (ids) => {
      const detokenizer = new Detokenizer(table);
      const parts: string[] = [];
      for (const id of ids) parts.push(detokenizer.push(id));
      parts.push(detokenizer.finish());
      const text = parts.join('');
      return leadingSpace && text.startsWith(' ') ? text.slice(1) : text;
    },
    canChat: chat.isThere,
    renderChat: (input) => chat.render(input),
  };
}

function* piecesOf(library: Tokenizer): Generator<Piece> {
  const added = library.get_added_tokens_decoder();
  for (const [content, id] of library.get_vocab(true)) {
    if (!added.has(id)) yield { id, content, added: false, special: false };
  }
  for (const [id, token] of added) yield { id, content: token.content, added: true, special: token.special };
}
