import { z } from 'zod';
import { type TokenizerBundle } from '#libs/release/component';
import { canonicalJson } from '#libs/release/manifest-digest';
import { CheckpointError } from '../checkpoint-error.ts';
import { parseJson, readText, type CheckpointFolder } from './checkpoint-folder.ts';

const MAX_TOKENIZER_BYTES = 64 * 1024 * 1024;
const MAX_SIDE_FILE_BYTES = 8 * 1024 * 1024;

const TOKENIZER = 'tokenizer.json';

const tokenizerSchema = z.object({
  model: z.object({ vocab: z.union([z.record(z.string(), z.number()), z.array(z.unknown())]) }),
  added_tokens: z.array(z.object({ id: z.number() })).default([]),
});

/**
 * The `tokenizer` component: tokenizer.json and the files that say how it is used, text as it was,
 * as deterministic JSON in UTF-8.
 * @param vocabSize rows of the embedding; a tokenizer that gives larger ids would point past its end
 * @throws CheckpointError `missing-tokenizer`, `malformed-tokenizer`, `malformed-json`, `file-too-large`
 */
export async function readTokenizerBundle(folder: CheckpointFolder, vocabSize: number): Promise<Uint8Array> {
  const tokenizer = await readText(folder, TOKENIZER, MAX_TOKENIZER_BYTES);
  if (tokenizer === null) {
    throw new CheckpointError(
      'missing-tokenizer',
      { file: TOKENIZER },
      `The folder holds no ${TOKENIZER}. A tokenizer.model or vocab.json must be converted first (save_pretrained of a fast tokenizer).`,
    );
  }
  requireIdsBelow(vocabSize, parseJson(TOKENIZER, tokenizer));
  const config = await readJsonText(folder, 'tokenizer_config.json');
  const generation = await readJsonText(folder, 'generation_config.json');
  const template = await readText(folder, 'chat_template.jinja', MAX_SIDE_FILE_BYTES);
  const bundle: TokenizerBundle = {
    format: 'signalbox.tokenizer/1',
    files: {
      'tokenizer.json': tokenizer,
      ...(config === null ? {} : { 'tokenizer_config.json': config }),
      ...(generation === null ? {} : { 'generation_config.json': generation }),
      ...(template === null ? {} : { 'chat_template.jinja': template }),
    },
  };
  return new TextEncoder().encode(canonicalJson(bundle));
}

/** Text of an optional JSON file, known to parse; null where there is none. */
export async function readJsonText(folder: CheckpointFolder, name: string): Promise<string | null> {
  const text = await readText(folder, name, MAX_SIDE_FILE_BYTES);
  if (text !== null) parseJson(name, text);
  return text;
}

function requireIdsBelow(vocabSize: number, content: unknown): void {
  const parsed = tokenizerSchema.safeParse(content);
  if (!parsed.success) {
    const field = parsed.error.issues[0]?.path.join('.') ?? '';
    throw new CheckpointError('malformed-tokenizer', { file: TOKENIZER, field }, `${TOKENIZER}: ${field || 'the file'} has not the expected form. Download it again.`);
  }
  const { model, added_tokens: added } = parsed.data;
  let largest = Array.isArray(model.vocab) ? model.vocab.length - 1 : -1;
  const ids = Array.isArray(model.vocab) ? [] : Object.values(model.vocab);
  for (const id of ids) largest = Math.max(largest, id);
  for (const { id } of added) largest = Math.max(largest, id);
  if (largest >= vocabSize) {
    throw new CheckpointError(
      'malformed-tokenizer',
      { file: TOKENIZER, field: 'model.vocab' },
      `${TOKENIZER} gives token ids up to ${largest}, the model has ${vocabSize} (config.json, vocab_size). Take the tokenizer of this model.`,
    );
  }
}
