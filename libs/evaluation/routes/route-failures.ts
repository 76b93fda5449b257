import { short } from '../compare/judge-bound.ts';
import { type BrokenToken, type Failure } from '../run/result.ts';
import { type RouteAssertion } from './assertion.ts';
import { sharesOf } from './moved.ts';
import { KEPT_BROKEN, type BrokenRow } from './observe.ts';
import { type SeenItem, type SeenPair } from './seen-item.ts';

/** Items shown for one assertion, those that break it most. */
const MAX_FAILURES = 8;

type Of<T extends RouteAssertion['type']> = Extract<RouteAssertion, { readonly type: T }>;
interface Ranked {
  readonly badness: number;
  readonly failure: Failure;
}

const percent = (share: number): string => `${short(share * 100)}%`;
const listed = (experts: readonly number[]): string => (experts.length === 1 ? `expert ${experts[0]}` : `experts ${experts.join(', ')}`);

/** Items with selections or decisions that the assertion does not want, with the tokens. */
export function hitFailures(assertion: Of<'inside'> | Of<'avoid'> | Of<'no-generalist'>, pairs: readonly SeenPair[]): Failure[] {
  return worst(
    pairs.map(({ candidate }) => {
      const { hits, total, broken } = candidate.seen as { hits: number; total: number; broken: readonly BrokenRow[] };
      const share = hits / total;
      const badness = assertion.type === 'inside' ? assertion.atLeast - share : share - assertion.atMost;
      return { badness, failure: { item: candidate.line, detail: `${assertion.name}: ${hitWords(assertion, share)}`, tokens: broken.map((row) => token(candidate, row, expected(assertion))) } };
    }),
  );
}

function hitWords(assertion: Of<'inside'> | Of<'avoid'> | Of<'no-generalist'>, share: number): string {
  if (assertion.type === 'no-generalist') return `${percent(share)} of the decisions are flagged ${assertion.flags.join(' or ')}; wanted at most ${percent(assertion.atMost)}.`;
  const where = `${percent(share)} of the selections of layer ${assertion.layer} go to ${listed(assertion.experts)}`;
  return `${where}; wanted at ${assertion.type === 'inside' ? `least ${percent(assertion.atLeast)}` : `most ${percent(assertion.atMost)}`}.`;
}

function expected(assertion: Of<'inside'> | Of<'avoid'> | Of<'no-generalist'>): string {
  if (assertion.type === 'no-generalist') return `not ${assertion.flags.join(' or ')}`;
  return `${assertion.type === 'inside' ? '' : 'not '}${listed(assertion.experts)}`;
}

/** Items whose usage of an expert is farthest from its bounds. */
export function usageFailures({ name, layer, experts, atLeast, atMost }: Of<'usage-within'>, items: readonly { readonly line: number; readonly counts: readonly number[] }[]): Failure[] {
  return worst(
    items.map(({ line, counts }) => {
      const shares = sharesOf(counts);
      const far = (expert: number): number => Math.max(atLeast - shares[expert]!, shares[expert]! - atMost);
      const [expert] = (experts ?? [...shares.keys()]).toSorted((a, b) => far(b) - far(a));
      return { badness: far(expert!), failure: { item: line, detail: `${name}: expert ${expert} takes ${percent(shares[expert!]!)} of the selections of layer ${layer}; wanted ${percent(atLeast)} to ${percent(atMost)}.` } };
    }),
  );
}

/** Items whose usage moved most, with the experts that lost and gained. */
export function movedFailures({ name }: Of<'moved-at-most'>, pairs: readonly SeenPair[]): Failure[] {
  return worst(
    pairs.flatMap(({ candidate, reference }) => {
      const before = (reference!.seen as { usage: readonly { layer: number; counts: readonly number[] }[] }).usage;
      const after = (candidate.seen as { usage: readonly { layer: number; counts: readonly number[] }[] }).usage;
      return after.map(({ layer, counts }, at) => {
        const [left, right] = [sharesOf(before[at]!.counts), sharesOf(counts)];
        const moves = right.map((share, expert) => ({ expert, from: left[expert]!, to: share })).toSorted((a, b) => a.to - a.from - (b.to - b.from));
        const words = ({ expert, from, to }: (typeof moves)[number]): string => `expert ${expert} from ${percent(from)} to ${percent(to)}`;
        const badness = moves.reduce((sum, { from, to }) => sum + Math.abs(to - from), 0) / 2;
        return { badness, failure: { item: candidate.line, detail: `${name}: in layer ${layer} ${percent(badness)} of the selections moved: ${words(moves[0]!)}, ${words(moves.at(-1)!)}.` } };
      });
    }),
  );
}

/** Items in which an expert was lost, with tokens that selected it in the reference and do not in the candidate. */
export function lostFailures({ name, layer, experts, atMostLess }: Of<'stays-selected'>, pairs: readonly SeenPair[]): Failure[] {
  return worst(
    pairs.flatMap(({ candidate, reference }) =>
      experts.map((expert, at) => {
        const now = candidate.seen as { selected: readonly (readonly number[])[]; total: number };
        const before = (reference!.seen as { selected: readonly (readonly number[])[] }).selected[at]!;
        const kept = new Set(now.selected[at]);
        const lost = before.filter((row) => !kept.has(row));
        const shown = lost.filter((row) => candidate.words.some((word) => word.row === row)).slice(0, KEPT_BROKEN);
        return {
          badness: (before.length - kept.size) / now.total - atMostLess,
          failure: {
            item: candidate.line,
            detail: `${name}: expert ${expert} of layer ${layer} is selected for ${kept.size} of ${now.total} tokens, in the reference for ${before.length}.`,
            tokens: shown.map((row) => token(candidate, { row, layer, expert, gate: null }, `expert ${expert}, as in the reference`)),
          },
        };
      }),
    ),
  );
}

function token({ words }: SeenItem, { row, layer, expert, gate }: BrokenRow, wanted: string): BrokenToken {
  const word = words.find((one) => one.row === row);
  return { row, token: word?.token ?? '', context: word?.context ?? '', layer, expert, gate, expected: wanted };
}

function worst(items: readonly Ranked[]): Failure[] {
  return items
    .filter(({ badness }) => badness > 0)
    .toSorted((a, b) => b.badness - a.badness || a.failure.item - b.failure.item)
    .slice(0, MAX_FAILURES)
    .map(({ failure }) => failure);
}
