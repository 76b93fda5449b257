import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';

const BUILT = join(import.meta.dirname, '..', '..', 'dist', 'console');
const BUDGET_BYTES = 250 * 1024;

interface Chunk {
  readonly file: string;
  readonly isEntry?: boolean;
  readonly imports?: readonly string[];
  readonly css?: readonly string[];
}

describe('what the console loads first', () => {
  let chunks: Readonly<Record<string, Chunk>>;

  beforeAll(() => {
    chunks = JSON.parse(readFileSync(join(BUILT, 'manifest.json'), 'utf8')) as typeof chunks;
  });

  /** Files that a chunk needs, its own first. */
  function filesOf(name: string, seen = new Set<string>()): Set<string> {
    const { file, css = [], imports = [] } = chunks[name]!;
    for (const path of [file, ...css]) seen.add(path);
    for (const next of imports) if (!seen.has(chunks[next]!.file)) filesOf(next, seen);
    return seen;
  }

  it('is the page, its script, style and font, and the overview, within the budget', () => {
    const entry = Object.keys(chunks).find((name) => chunks[name]!.isEntry)!;
    const overview = Object.keys(chunks).find((name) => name.endsWith('overview/overview-page.tsx'))!;
    const font = Object.values(chunks).find(({ file }) => /inter-latin-wght.*woff2$/.test(file))!.file;
    const files = new Set(['index.html', 'theme.js', 'signalbox.svg', font, ...filesOf(entry), ...filesOf(overview)]);
    const sizes = [...files].map((file) => [file, file.endsWith('.woff2') ? readFileSync(join(BUILT, file)).length : gzipSync(readFileSync(join(BUILT, file))).length] as const);
    const total = sizes.reduce((sum, [, bytes]) => sum + bytes, 0);
    console.log(`first load: ${(total / 1024).toFixed(0)} KiB gzip of ${BUDGET_BYTES / 1024}: ${sizes.map(([file, bytes]) => `${file} ${(bytes / 1024).toFixed(1)}`).join(', ')}`);
    expect(sizes.length).toBeGreaterThan(4);
    expect(total).toBeLessThan(BUDGET_BYTES);
  });

  it('asks no other host for anything, and holds nothing inline', () => {
    const page = readFileSync(join(BUILT, 'index.html'), 'utf8');
    expect(page).not.toMatch(/<script(?![^>]*\ssrc=)[^>]*>|<style|\son\w+=|style=/i);
    const scripts = readdirSync(join(BUILT, 'assets')).filter((name) => /\.(js|css)$/.test(name));
    expect(scripts.length).toBeGreaterThan(5);
    for (const name of scripts) expect(readFileSync(join(BUILT, 'assets', name), 'utf8'), name).not.toMatch(/sbx_[A-Za-z0-9]{8}|url\(https?:|import\(["']https?:/);
  });

  it('is there compressed', () => {
    const script = chunks[Object.keys(chunks).find((name) => chunks[name]!.isEntry)!]!.file;
    expect(existsSync(join(BUILT, `${script}.br`))).toBe(true);
  });
});
