import { readFile } from 'node:fs/promises';
import { TOKENIZER, type Sha256 } from '#libs/release/component';
import { loadTokenizer, parseTokenizerBundle } from '#libs/runtime/tokenizer/text-tokenizer';
import { type TokenTable } from '#libs/runtime/tokenizer/token-table';
import { type Releases } from '#libs/store/releases/releases';
import { type TokenTexts } from './trace-vault.ts';

/** Tokenizers kept in memory: few releases are looked at in turn. */
const MAX_TABLES = 4;

/**
 * Texts by the tokenizer component of a release.
 * @param pathOf where a component version lies
 */
export function storedTokenTexts(releases: Pick<Releases, 'find'>, pathOf: (sha256: Sha256) => string): TokenTexts {
  const tables = new Map<Sha256, Promise<TokenTable>>();
  const tableOf = (sha256: Sha256): Promise<TokenTable> => {
    const known = tables.get(sha256);
    if (known) return known;
    const loading = readFile(pathOf(sha256), 'utf8').then((json) => loadTokenizer(parseTokenizerBundle(json)).table);
    tables.set(sha256, loading);
    const [oldest] = tables.keys();
    if (tables.size > MAX_TABLES && oldest !== undefined) tables.delete(oldest);
    // A file that is missing now may come later.
    loading.catch(() => tables.delete(sha256));
    return loading;
  };
  return {
    texts: async (releaseId, tokenIds) => {
      const sha256 = (await releases.find(releaseId))?.manifest.components[TOKENIZER];
      if (sha256 === undefined) return null;
      const table = await tableOf(sha256).catch(() => null);
      return table && tokenIds.map((id) => table.text(id));
    },
  };
}
