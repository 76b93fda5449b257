import { readFile } from 'node:fs/promises';
import { TOKENIZER } from '#libs/release/component';
import { ChatTemplateError, ChatTemplateMissingError } from '#libs/runtime/tokenizer/errors';
import { loadTokenizer, parseTokenizerBundle, type TextTokenizer } from '#libs/runtime/tokenizer/text-tokenizer';
import { type ActiveRelease, ChatRefusedError, type PromptTokenizer } from './served-release.ts';

/** Reads a release's tokenizer component. @throws Error that says what is wrong with it */
export async function loadReleaseTokenizer({ manifest, components }: ActiveRelease): Promise<PromptTokenizer> {
  const path = components[manifest.components[TOKENIZER] ?? ''];
  if (path === undefined) throw new Error('the release names no tokenizer component');
  return promptTokenizer(loadTokenizer(parseTokenizerBundle(await readFile(path, 'utf8'))));
}

function promptTokenizer(tokenizer: TextTokenizer): PromptTokenizer {
  const { table } = tokenizer;
  return {
    encode: (text, addSpecial) => tokenizer.encode(text, { special: addSpecial }),
    canChat: tokenizer.canChat,
    encodeChat: (turns) => {
      try {
        const text = tokenizer.renderChat({ messages: turns.map((turn) => ({ ...turn })), addGenerationPrompt: true });
        return tokenizer.encode(text, { special: false });
      } catch (error) {
        if (!(error instanceof ChatTemplateError || error instanceof ChatTemplateMissingError)) throw error;
        throw new ChatRefusedError(error.message, { cause: error });
      }
    },
    decode: (tokenIds) => tokenizer.decode(tokenIds),
    token: (tokenId) => ({ text: table.text(tokenId), bytes: [...table.bytes(tokenId)] }),
    isSpecial: (tokenId) => table.isSpecial(tokenId),
  };
}
