import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadTokenizer } from '#libs/runtime/tokenizer/text-tokenizer';
import { DEMO_MODEL } from '../harness/signalbox.ts';

const DOCUMENT_SEPARATOR = '\n\u001e\n';
const END_TOKEN = 1;

/** Tokens to run at once; each but the first is predicted. `bytes`: of the text that the predicted tokens stand for. */
export interface Window {
  readonly domain: string;
  readonly tokens: Uint32Array;
  readonly bytes: number;
}

/**
 * Windows of text by domain.
 * @param directory of `<domain>.txt` files as bench/heldout reads them; empty: the demo's own prompts, a window each
 * @param tokensPerDomain at most; whole windows
 */
export function readWindows(directory: string, windowTokens: number, tokensPerDomain: number): Window[] {
  const tokenizer = loadTokenizer({
    format: 'signalbox.tokenizer/1',
    files: {
      'tokenizer.json': readFileSync(join(DEMO_MODEL, 'tokenizer.json'), 'utf8'),
      'tokenizer_config.json': readFileSync(join(DEMO_MODEL, 'tokenizer_config.json'), 'utf8'),
    },
  });
  const windows: Window[] = [];
  for (const [domain, documents] of documentsOf(directory)) {
    let left = tokensPerDomain;
    for (const document of documents) {
      const tokens = [...tokenizer.encode(document, { special: true }), END_TOKEN];
      const bytesPerToken = Buffer.byteLength(document) / (tokens.length - 1);
      for (let start = 0; start < tokens.length - 1 && left > 0; start += windowTokens) {
        const window = Uint32Array.from(tokens.slice(start, start + windowTokens + 1));
        windows.push({ domain, tokens: window, bytes: bytesPerToken * (window.length - 1) });
        left -= window.length;
      }
    }
  }
  return windows;
}

/** Documents by domain: of `<domain>.txt` files, or the demo's own prompts. */
export function documentsOf(directory: string): [string, string[]][] {
  if (directory !== '') return textFiles(directory, '.txt').map(([domain, text]) => [domain, text.replace(/\n$/, '').split(DOCUMENT_SEPARATOR)]);
  return textFiles(join(DEMO_MODEL, 'prompts'), '.jsonl').map(([domain, text]) => [domain, text.trim().split('\n').map((line) => (JSON.parse(line) as { prompt: string }).prompt)]);
}

function textFiles(directory: string, ending: string): [string, string][] {
  return readdirSync(directory).filter((name) => name.endsWith(ending)).toSorted().map((name) => [name.slice(0, -ending.length), readFileSync(join(directory, name), 'utf8')]);
}
