import { type ReleaseManifest } from '#libs/release/manifest';
import { type Probe } from '../probe/probe.ts';
import { type RouteAssertion } from '../routes/assertion.ts';
import { observe, type Observation } from '../routes/observe.ts';
import { routedItem } from '../routes/usage.ts';
import { scoreText } from '../grade/score-text.ts';
import { type Labels, type TextItem } from '../suite/items.ts';
import { type Word } from '../routes/seen-item.ts';
import { type Measured, type ObservedAssertion } from './part.ts';

/** Tokens shown before and after one that broke an assertion. */
const CONTEXT_TOKENS = 6;
/** Rows of `stays-selected` whose text is kept: which of them break it shows only against the reference. */
const KEPT_WORDS = 64;

/** What each assertion sees of one item. */
export async function measureRoutes(probe: Probe, release: ReleaseManifest, assertions: readonly RouteAssertion[], item: TextItem, line: number): Promise<Measured['routes']> {
  const { tokens, routes } = await scoreText(probe, release, item.text, line);
  const routed = routedItem(routes, tokens, release);
  const observations: (ObservedAssertion | null)[] = [];
  for (const assertion of assertions) {
    if (!isAbout(assertion, item.labels)) {
      observations.push(null);
      continue;
    }
    const seen = observe(assertion, routed);
    const words: Word[] = [];
    for (const row of shownRows(seen, routed.firstRow, routed.rows)) words.push(await wordAt(probe, release, tokens, routed.firstRow, row));
    observations.push({ seen, words });
  }
  return { observations };
}

function isAbout({ where }: Pick<RouteAssertion, 'where'>, labels: Labels): boolean {
  return where === null || Object.entries(where).every(([label, value]) => labels[label] === value);
}

/** Rows that a failure may name. Where experts must be selected, those in which one is not. */
function shownRows(seen: Observation, firstRow: number, rows: number): number[] {
  if ('broken' in seen) return [...new Set(seen.broken.map(({ row }) => row))];
  if (!('selected' in seen)) return [];
  const found: number[] = [];
  for (let row = firstRow; row < rows && found.length < KEPT_WORDS; row += 1) {
    if (seen.selected.some((selected) => !selected.includes(row))) found.push(row);
  }
  return found;
}

async function wordAt(probe: Probe, release: ReleaseManifest, tokens: Uint32Array, firstRow: number, row: number): Promise<Word> {
  const text = (from: number, to: number): Promise<string> => (from < to ? probe.decode(release, [...tokens.subarray(from, to)]) : Promise.resolve(''));
  const token = await text(row, row + 1);
  const before = await text(Math.max(firstRow, row - CONTEXT_TOKENS), row);
  const after = await text(row + 1, Math.min(tokens.length, row + 1 + CONTEXT_TOKENS));
  return { row, token, context: `${before}[${token}]${after}` };
}
